//! What database tokens can be given.

use turso_cloud::{Action, Authorization, DatabaseName, Expiration, NewToken, Permission};

use crate::many::each_once;

// What a token allows.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct TokenRights {
    /// Only reading
    #[arg(long)]
    pub(crate) read_only: bool,
    /// Only these actions, on some tables or on all; may be given more than once
    #[arg(long = "perm", value_name = "TABLE,…|all:ACTION,…", value_parser = permission)]
    pub(crate) permissions: Vec<Permission>,
}

// What a token allows, and how long.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct TokenArgs {
    #[command(flatten)]
    pub(crate) rights: TokenRights,
    /// How long it is good for: 15m, 7d, 1w2d, never
    #[arg(long, value_name = "TIME", default_value = "never")]
    pub(crate) expires: Expiration,
    /// A database it may attach for reading; may be given more than once
    #[arg(long = "attach", value_name = "NAME", value_delimiter = ',')]
    pub(crate) attach: Vec<DatabaseName>,
}

impl TokenRights {
    pub(crate) fn authorization(&self) -> Authorization {
        if self.read_only { Authorization::ReadOnly } else { Authorization::FullAccess }
    }
}

impl TokenArgs {
    pub(crate) fn token(&self) -> NewToken {
        let token = if self.rights.read_only { NewToken::read_only() } else { NewToken::full_access() };
        let mut token = token.expires(self.expires);
        if !self.attach.is_empty() {
            token = token.read_attach(each_once(&self.attach).iter().map(ToString::to_string));
        }
        self.rights.permissions.iter().cloned().fold(token, NewToken::permission)
    }
}

/// `orders,items:data_read,data_add` or `all:data_read`, as the official command line has it. `all` is no name of a table, in
/// whatever letters.
fn permission(text: &str) -> Result<Permission, String> {
    let (tables, actions) = text.split_once(':').ok_or("must be TABLES:ACTIONS, such as all:data_read")?;
    let action = |action: &str| match Action::from(action) {
        Action::Unknown(_) => {
            let known: Vec<_> = Action::KNOWN.iter().map(Action::as_str).collect();
            Err(format!("there is no action {action:?}, only {}", known.join(", ")))
        }
        known => Ok(known),
    };
    let actions = actions.split(',').map(action).collect::<Result<Vec<_>, _>>()?;
    let actions = each_once(&actions);
    let is_all = |table: &str| table.eq_ignore_ascii_case("all");
    if is_all(tables) {
        Ok(Permission::on_all_tables(actions))
    } else if tables.split(',').any(str::is_empty) {
        Err("must not name a table by an empty text".to_owned())
    } else if tables.split(',').any(is_all) {
        Err("must name tables or all of them, not both".to_owned())
    } else {
        Ok(Permission::on_tables(tables.split(','), actions))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_permission_names_tables_and_actions() {
        let all = permission("all:data_read").unwrap();
        assert_eq!(all, Permission::on_all_tables([Action::DataRead]));
        let some = permission("orders,items:data_read,schema_add").unwrap();
        assert_eq!(some, Permission::on_tables(["orders", "items"], [Action::DataRead, Action::SchemaAdd]));
        assert_eq!(
            permission("ALL:data_read,data_add,data_read").unwrap(),
            permission("all:data_read,data_add").unwrap()
        );
        assert_eq!(permission("All:data_read").unwrap(), all);
        let refused =
            ["", "all", "all:", ":data_read", "a,,b:data_read", "all:data_reed", "all,x:data_read", "x,ALL:data_read"];
        for refused in refused {
            assert!(permission(refused).is_err(), "{refused}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_what_is_read(tables in prop::collection::vec("[a-z_]{1,8}", 1..4), actions in prop::sample::subsequence(Action::KNOWN, 1..4)) {
            prop_assume!(tables != ["all"]);
            let names: Vec<_> = actions.iter().map(Action::as_str).collect();
            let read = permission(&format!("{}:{}", tables.join(","), names.join(","))).unwrap();
            prop_assert_eq!(read, Permission::on_tables(tables, actions));
        }
    }
}
