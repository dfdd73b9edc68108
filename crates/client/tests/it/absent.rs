//! What is not there: nothing for `find`, `false` for `delete_if_exists`, an error for `get`.

use turso_cloud::{
    Client, NewDatabase,
    contract::{
        databases::{DeleteDatabase, GetDatabase},
        groups::{DeleteGroup, GetGroup},
        invites::{DeleteInvite, ListInvites},
        jwks::{ListJwks, RemoveJwks},
        members::{GetMember, RemoveMember},
        organizations::{DeleteOrganization, GetOrganization},
    },
    mock::{Failure, Mock},
};

use crate::support::script::{Script, Step};

/// A client of a service that refuses everything below with this sentence.
#[expect(clippy::unwrap_used, reason = "the settings are good")]
fn client(sentence: &'static str) -> Client {
    let mock = Mock::new();
    macro_rules! refuse {
        ($($operation:ident),+) => {
            $(mock.on::<$operation>(move |_| Err(Failure::refused(404, sentence)));)+
        };
    }
    refuse!(GetDatabase, DeleteDatabase, GetGroup, DeleteGroup, GetMember, RemoveMember, GetOrganization);
    refuse!(DeleteOrganization, ListInvites, DeleteInvite, ListJwks, RemoveJwks);
    mock.client().build().unwrap()
}

#[tokio::test]
async fn a_thing_that_is_not_there_is_nothing_to_find_and_nothing_to_delete() {
    let turso = client("could not find it: record not found");
    assert_eq!(turso.databases().find("orders").await.unwrap(), None);
    assert_eq!(turso.groups().find("eu").await.unwrap(), None);
    assert_eq!(turso.members().find("bob").await.unwrap(), None);
    assert!(!turso.databases().delete_if_exists("orders").await.unwrap());
    assert!(!turso.groups().delete_if_exists("eu").await.unwrap());
    assert!(!turso.members().delete_if_exists("bob").await.unwrap());
    assert!(!turso.invites().delete_if_exists("bob@example.com").await.unwrap());
    assert!(!turso.jwks().delete_if_exists("clerk").await.unwrap());
}

#[tokio::test]
async fn a_misspelt_organization_does_not_look_like_one_without_the_thing() {
    for sentence in ["organization acmee not found", "organization not found"] {
        let turso = client(sentence);
        let errors = [
            turso.databases().find("orders").await.map(drop).unwrap_err(),
            turso.groups().find("eu").await.map(drop).unwrap_err(),
            turso.members().find("bob").await.map(drop).unwrap_err(),
            turso.invites().find("bob@example.com").await.map(drop).unwrap_err(),
            turso.jwks().find("clerk").await.map(drop).unwrap_err(),
            turso.databases().delete_if_exists("orders").await.map(drop).unwrap_err(),
            turso.groups().delete_if_exists("eu").await.map(drop).unwrap_err(),
            turso.members().delete_if_exists("bob").await.map(drop).unwrap_err(),
            turso.invites().delete_if_exists("bob@example.com").await.map(drop).unwrap_err(),
            turso.jwks().delete_if_exists("clerk").await.map(drop).unwrap_err(),
        ];
        for error in errors {
            assert!(error.is_not_found(), "{error}");
            assert_eq!(error.message(), Some(sentence));
        }
        assert_eq!(turso.organizations().find("acmee").await.unwrap(), None);
        assert!(!turso.organizations().delete_if_exists("acmee").await.unwrap());
    }
}

#[tokio::test]
async fn a_404_that_the_service_did_not_write_says_nothing_of_the_thing() {
    for body in ["<html><h1>404 Not Found</h1>nginx</html>", "404 page not found\n", "", "{}", r#"{"error":" "}"#] {
        let turso = Script::new([Step::answer(404, body)]).client().build().unwrap();
        let deleted = turso.databases().delete_many(["a", "b"]).await;
        let errors = [
            turso.databases().find("orders").await.map(drop).unwrap_err(),
            turso.databases().ensure(NewDatabase::new("orders", "default")).await.map(drop).unwrap_err(),
            turso.databases().delete_if_exists("orders").await.map(drop).unwrap_err(),
            turso.groups().delete_if_exists("eu").await.map(drop).unwrap_err(),
            turso.api_tokens().revoke_if_exists("ci").await.map(drop).unwrap_err(),
            turso.organizations().find("acme").await.map(drop).unwrap_err(),
            turso.organizations().delete_if_exists("acme").await.map(drop).unwrap_err(),
        ];
        for error in errors.iter().chain(deleted.failed().filter_map(|outcome| outcome.result.as_ref().err())) {
            assert_eq!((error.is_not_found(), error.message()), (true, None), "{body:?}: {error}");
            let advice = "not found (404): the answer has no message of the service: is this its URL?";
            assert!(error.to_string().ends_with(advice), "{error}");
        }
        assert_eq!(deleted.failed().count(), 2);
    }
}

#[tokio::test]
async fn what_the_service_only_lists_is_found_and_missed_by_name_all_the_same() {
    let turso = Mock::new().client().build().unwrap();
    let (invite, provider) =
        (turso.invites().list().await.unwrap().remove(0), turso.jwks().list().await.unwrap().remove(0));
    let token = turso.api_tokens().list().await.unwrap().remove(0);
    assert_eq!(turso.invites().get(invite.email.as_str()).await.unwrap(), invite);
    assert_eq!(turso.invites().find(invite.email.as_str()).await.unwrap(), Some(invite));
    assert_eq!(turso.jwks().get(provider.name.as_str()).await.unwrap(), provider);
    assert_eq!(turso.jwks().find(provider.name.as_str()).await.unwrap(), Some(provider));
    assert_eq!(turso.api_tokens().get(token.name.as_str()).await.unwrap(), token);
    assert_eq!(turso.api_tokens().find(token.name.as_str()).await.unwrap(), Some(token));

    let missed = [
        turso.invites().get("nobody@example.com").await.unwrap_err(),
        turso.jwks().get("nothing").await.unwrap_err(),
        turso.api_tokens().get("nothing").await.unwrap_err(),
    ];
    assert!(missed.iter().all(turso_cloud::Error::is_not_found), "{missed:?}");
    assert!(missed.iter().any(|error| error.to_string().contains("no invite to nobody@example.com")), "{missed:?}");
    assert_eq!(turso.invites().find("nobody@example.com").await.unwrap(), None);
    assert_eq!(turso.jwks().find("nothing").await.unwrap(), None);
    assert_eq!(turso.api_tokens().find("nothing").await.unwrap(), None);
    assert!(turso.jwks().find("a/../b").await.unwrap_err().is_invalid_input());
}
