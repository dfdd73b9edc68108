//! What only the official command line asks for.

use turso_cloud_contract::{
    Nothing,
    audit_logs::AuditCode,
    billing::Timeline,
    official::{
        AbortAwsMigration, AwsMigration, CreateStripeCustomer, GetAwsMigration, GetPaymentMethods, InvalidateSessions,
        InvalidatedSessions, NewSubscription, PaymentMethods, StartAwsMigration, StripeCustomer, UpdateSubscription,
    },
};

use super::{
    Answers,
    billing::{self, Feature},
    groups, is_known_plan, organizations,
};
use crate::control::{Context, Handles, Refusal, router::Operation};

/// The operations of this file, which are not in the catalogue.
pub(in crate::control) fn operations() -> [Operation; 7] {
    [
        Operation::new::<InvalidateSessions, _>(Answers),
        Operation::new::<CreateStripeCustomer, _>(Answers),
        Operation::new::<GetPaymentMethods, _>(Answers),
        Operation::new::<UpdateSubscription, _>(Answers),
        Operation::new::<GetAwsMigration, _>(Answers),
        Operation::new::<StartAwsMigration, _>(Answers),
        Operation::new::<AbortAwsMigration, _>(Answers),
    ]
}

impl Handles<InvalidateSessions> for Answers {
    fn handle(&self, _: InvalidateSessions, cx: &mut Context<'_>) -> Result<InvalidatedSessions, Refusal> {
        cx.store().delete_sessions_of(cx.user()?.id)?;
        Ok(InvalidatedSessions::new(cx.now()))
    }
}

impl Handles<CreateStripeCustomer> for Answers {
    /// A local cloud bills nobody, and keeps nothing of it.
    fn handle(&self, _: CreateStripeCustomer, cx: &mut Context<'_>) -> Result<StripeCustomer, Refusal> {
        Ok(StripeCustomer::new(format!("cus_{}", cx.ids().token_id(cx.store())?)))
    }
}

impl Handles<GetPaymentMethods> for Answers {
    /// Whoever waits for one to be added would wait for ever.
    fn handle(&self, request: GetPaymentMethods, cx: &mut Context<'_>) -> Result<PaymentMethods, Refusal> {
        cx.organization(&request.organization)?;
        Ok(PaymentMethods::new(true))
    }
}

impl Handles<UpdateSubscription> for Answers {
    fn handle(&self, request: UpdateSubscription, cx: &mut Context<'_>) -> Result<Nothing, Refusal> {
        let mut organization = cx.organization(&request.organization)?;
        let NewSubscription { plan, timeline, overages, .. } = request.body;
        if !is_known_plan(&plan) {
            return Err(Refusal::bad_request(format!("invalid plan {plan}: it is not in the list of plans")));
        }
        if let Some(timeline) = timeline.filter(|timeline| *timeline != Timeline::Monthly) {
            return Err(Refusal::bad_request(format!("invalid timeline {timeline}: the plans here are monthly")));
        }
        let before = organization.clone();
        billing::put_on(&mut organization, plan);
        if let Some(overages) = overages {
            organization.overages = overages;
        }
        if organization.overages {
            billing::require(cx, &organization, Feature::Overages)?;
        }
        cx.include(&organization);
        if organization.plan != before.plan {
            cx.audit(&organization, AuditCode::OrgPlanUpdate, [("plan", organization.plan.as_str())])?;
        }
        if organization.overages != before.overages {
            organizations::audit_overages(cx, &organization)?;
        }
        cx.store().update_organization(&organization)?;
        Ok(Nothing)
    }
}

impl Handles<GetAwsMigration> for Answers {
    fn handle(&self, request: GetAwsMigration, cx: &mut Context<'_>) -> Result<AwsMigration, Refusal> {
        let organization = cx.organization(&request.organization)?;
        groups::find(cx, &organization, &request.group)?;
        Ok(AwsMigration::new("none".to_owned(), String::new()))
    }
}

impl Handles<StartAwsMigration> for Answers {
    fn handle(&self, request: StartAwsMigration, cx: &mut Context<'_>) -> Result<Nothing, Refusal> {
        let organization = cx.organization(&request.organization)?;
        let group = groups::find(cx, &organization, &request.group)?;
        Err(Refusal::bad_request(format!("group {} cannot be moved: a local cloud has one platform", group.name)))
    }
}

impl Handles<AbortAwsMigration> for Answers {
    fn handle(&self, request: AbortAwsMigration, cx: &mut Context<'_>) -> Result<Nothing, Refusal> {
        let organization = cx.organization(&request.organization)?;
        let group = groups::find(cx, &organization, &request.group)?;
        Err(Refusal::bad_request(format!("group {} is not being moved", group.name)))
    }
}
