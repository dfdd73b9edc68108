use anyhow::{Context as _, Result};
use turso_cloud::{BillingCustomer, InvoiceKind};

use crate::{
    args::{BillingCommand, InvoicesCommand},
    commands::input,
    context::Context,
    exit::{Failure, Kind},
    output::{Shape, URL},
    stdin,
};

const PLAN: Shape = Shape {
    noun: "plan",
    name: "name",
    columns: &[
        ("name", "name"),
        ("price", "price"),
        ("databases", "quotas.databases"),
        ("rows read", "quotas.rowsRead"),
        ("rows written", "quotas.rowsWritten"),
        ("storage bytes", "quotas.storage"),
    ],
    wide: &[("synced bytes", "quotas.bytesSynced"), ("groups", "quotas.groups"), ("locations", "quotas.locations")],
};

const SUBSCRIPTION: Shape = Shape {
    noun: "subscription",
    name: "plan",
    columns: &[("name", "name"), ("plan", "plan"), ("overages", "overages"), ("timeline", "timeline")],
    wide: &[],
};

const INVOICE: Shape = Shape {
    noun: "invoice",
    name: "invoice_number",
    columns: &[("number", "invoice_number"), ("amount due", "amount_due"), ("due", "due_date"), ("paid", "paid_at")],
    wide: &[("failed", "payment_failed_at"), ("pdf", "invoice_pdf")],
};

const CUSTOMER: Shape = Shape {
    noun: "customer",
    name: "name",
    columns: &[("name", "name"), ("email", "email")],
    wide: &[("country", "billing_address.country")],
};

pub(super) async fn plans(cx: &Context) -> Result<()> {
    cx.out().list(&PLAN, &cx.client_of_organization()?.billing().plans().await?)
}

pub(super) async fn subscription(cx: &Context) -> Result<()> {
    cx.out().value(&SUBSCRIPTION, &cx.client_of_organization()?.billing().subscription().await?)
}

pub(super) async fn invoices(cx: &Context, command: &InvoicesCommand) -> Result<()> {
    let billing = cx.client_of_organization()?.billing();
    match command {
        InvoicesCommand::List { kind } => cx.out().list(&INVOICE, &billing.invoices(kind.clone()).await?),
        InvoicesCommand::Get { number } => {
            let invoices = billing.invoices(InvoiceKind::All).await?;
            let invoice = invoices.iter().find(|invoice| invoice.invoice_number == *number).ok_or_else(|| {
                Failure::new(Kind::NotFound, format!("there is no invoice {number:?}"))
                    .hint("tursoctl org invoices list")
            })?;
            cx.out().value(&INVOICE, invoice)
        }
    }
}

pub(super) async fn customer(cx: &Context, command: &BillingCommand) -> Result<()> {
    let billing = cx.client_of_organization()?.billing();
    match command {
        BillingCommand::Get => cx.out().value(&CUSTOMER, &billing.customer().await?),
        BillingCommand::Update { input: file } => {
            let customer: BillingCustomer = serde_json::from_str(&input::read(file, stdin::LONGEST_BODY)?)
                .with_context(|| Failure::usage(format!("{} does not hold a customer in JSON", file.display())))?;
            billing.update_customer(customer).await?;
            cx.done("changed whom invoices are for");
            Ok(())
        }
        BillingCommand::Portal => cx.out().bare(&URL, &billing.portal().await?),
    }
}
