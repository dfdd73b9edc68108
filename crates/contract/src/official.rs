//! Operations that nothing but a command line calls, the official one first. They are not documented and not in the
//! [catalogue](crate::CATALOGUE): the local cloud answers them so that this program works on it, and of others only
//! `tursoctl` has a use for one of them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    GroupName, InvalidInput, Nothing, OrganizationSlug, RequestPart, answer::answer, billing::Timeline,
    endpoint::endpoint, lenient::null_as_default,
};

endpoint!(
    /// Ends every session of the caller that a login began. API tokens stay good.
    InvalidateSessions: POST "/v1/auth/invalidate", Once => InvalidatedSessions
);

endpoint!(
    /// Begins to bill somebody for an organization that is not there yet.
    CreateStripeCustomer: POST "/v1/organizations/stripe-customer", Once, body NewStripeCustomer => StripeCustomer
);

endpoint!(
    /// Says whether an organization can pay.
    GetPaymentMethods: GET "/v1/organizations/" {organization: OrganizationSlug} "/billing/payment-methods",
        Safe => PaymentMethods
);

endpoint!(
    /// Puts an organization on a plan.
    UpdateSubscription: POST "/v1/organizations/" {organization: OrganizationSlug} "/subscription",
        Idempotent, body NewSubscription => Nothing
);

endpoint!(
    /// Says how far a group is on its way off the old platform.
    GetAwsMigration: GET "/v1/organizations/" {organization: OrganizationSlug} "/groups/" {group: GroupName}
        "/aws/migration/info", Safe => AwsMigration
);

endpoint!(
    /// Begins to move a group off the old platform.
    StartAwsMigration: POST "/v1/organizations/" {organization: OrganizationSlug} "/groups/" {group: GroupName}
        "/aws/migration/start", Once => Nothing
);

endpoint!(
    /// Gives up moving a group off the old platform.
    AbortAwsMigration: POST "/v1/organizations/" {organization: OrganizationSlug} "/groups/" {group: GroupName}
        "/aws/migration/abort", Once => Nothing
);

answer!(
    /// The answer of [`InvalidateSessions`].
    #[derive(Copy)]
    InvalidatedSessions {
        /// Sessions that began before are no longer good: Unix seconds.
        #[serde(rename = "validFrom", with = "jiff::fmt::serde::timestamp::second::required")]
        valid_from: Timestamp,
    }
);

/// Whom to bill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NewStripeCustomer {
    /// The name of the organization that is to be made.
    pub name: String,
}

impl RequestPart for NewStripeCustomer {
    fn check(&self) -> Result<(), InvalidInput> {
        if self.name.trim().is_empty() {
            return Err(InvalidInput::new("name", &self.name, "must not be empty"));
        }
        Ok(())
    }
}

answer!(
    /// The answer of [`CreateStripeCustomer`].
    StripeCustomer {
        /// The id to create the organization with.
        #[serde(rename = "stripeCustomerId")]
        id: String,
    }
);

answer!(
    /// The answer of [`GetPaymentMethods`].
    #[derive(Copy)]
    PaymentMethods {
        /// Whether there is one.
        exists: bool,
    }
);

/// What an organization is to pay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NewSubscription {
    /// The plan.
    pub plan: String,
    /// How often it is paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeline: Option<Timeline>,
    /// Whether usage beyond the plan is billed rather than blocked; nothing leaves it as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overages: Option<bool>,
}

impl RequestPart for NewSubscription {}

answer!(
    /// The answer of [`GetAwsMigration`].
    AwsMigration {
        /// `none`, `pending`, `finished` or `aborted`.
        status: String,
        /// More about it.
        #[serde(default, deserialize_with = "null_as_default")]
        comment: String,
    }
);
