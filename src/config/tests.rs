use super::*;

const SECRET: &str = "f3b0c44298fc1c149afbf4c8996fb924";

fn load(flags: &Flags, variables: &[(&str, &str)]) -> Result<Settings, Vec<String>> {
    let environment: Vec<_> = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    Settings::load(flags, &environment).map_err(|bad| bad.iter().map(ToString::to_string).collect())
}

fn flags(bind: Option<&str>, database_url: Option<&str>) -> Flags {
    Flags {
        bind: bind.map(Into::into),
        database_url: database_url.map(Into::into),
    }
}

#[test]
fn nothing_needs_to_be_set() {
    let settings = load(
        &Flags::default(),
        &[("PATH", "/bin"), ("HMIS_LICENSING_BIND", "")],
    )
    .unwrap();
    assert_eq!(settings.bind.to_string(), "127.0.0.1:8080");
    assert!(settings.own_tokens && settings.swagger_ui);
    let SecretSource::Beside(path) = settings.secret else {
        panic!("a secret is made beside the database")
    };
    assert_eq!(path.to_str(), Some("hmis-licensing.sqlite.secret"));
}

#[test]
fn a_flag_wins_over_its_variable() {
    let variables = [
        ("HMIS_LICENSING_BIND", "127.0.0.1:1"),
        ("HMIS_LICENSING_DATABASE_URL", "sqlite:a"),
    ];
    let settings = load(&Flags::default(), &variables).unwrap();
    assert_eq!(settings.bind.port(), 1);
    assert_eq!(settings.database, DatabaseUrl::Sqlite("a".into()));
    let settings = load(&flags(Some("127.0.0.1:2"), Some("sqlite:b")), &variables).unwrap();
    assert_eq!(settings.bind.port(), 2);
    assert_eq!(settings.database, DatabaseUrl::Sqlite("b".into()));
}

#[test]
fn every_bad_setting_is_reported_at_once() {
    let bad = load(
        &flags(Some("nowhere"), None),
        &[
            ("HMIS_LICENSING_DATABASE_URL", "mysql://h/d"),
            ("HMIS_LICENSING_SECRET", "short"),
            ("HMIS_LICENSING_TOKEN_KEYS", "one two"),
            ("HMIS_LICENSING_OWN_TOKENS", "yes"),
            ("HMIS_LICENSING_TOKEN_MAX_DAYS", "0"),
            ("HMIS_LICENSING_SWAGGER_UI", "on"),
            ("HMIS_LICENSING_WORKERS", "many"),
            ("HMIS_LICENSING_DATABSE_URL", "sqlite:x"),
        ],
    )
    .unwrap_err();
    for name in [
        "--bind",
        "HMIS_LICENSING_DATABASE_URL",
        "HMIS_LICENSING_SECRET",
        "HMIS_LICENSING_TOKEN_KEYS",
        "HMIS_LICENSING_OWN_TOKENS",
        "HMIS_LICENSING_TOKEN_MAX_DAYS",
        "HMIS_LICENSING_SWAGGER_UI",
        "HMIS_LICENSING_WORKERS",
        "HMIS_LICENSING_DATABSE_URL",
    ] {
        assert!(
            bad.iter()
                .any(|line| line.starts_with(&format!("{name}: "))),
            "{name} in {bad:#?}"
        );
    }
    assert_eq!(bad.len(), 9);
}

#[test]
fn a_weak_secret_is_refused_and_not_repeated() {
    for weak in ["hunter2", "changeme-changeme-changeme-changeme"] {
        let bad = load(&Flags::default(), &[("HMIS_LICENSING_SECRET", weak)]).unwrap_err();
        assert_eq!(bad.len(), 1);
        assert!(bad.iter().all(|line| !line.contains(weak)), "{bad:?}");
    }
}

#[test]
fn postgresql_needs_a_secret() {
    let url = ("HMIS_LICENSING_DATABASE_URL", "postgres://u:p@h/d");
    let bad = load(&Flags::default(), &[url]).unwrap_err();
    assert!(
        bad.iter()
            .any(|line| line.starts_with("HMIS_LICENSING_SECRET: "))
    );
    assert!(load(&Flags::default(), &[url, ("HMIS_LICENSING_SECRET", SECRET)]).is_ok());
}

#[test]
fn secrets_and_keys_are_read_from_files() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let secret = file("secret", &format!("{SECRET}\n"));
    let pem = file(
        "idp.pem",
        "-----BEGIN PUBLIC KEY-----\n\
         MCowBQYDK2VwAyEAm6cduWU/wpvl/WsNipq+ifc2mnGHcCuBhPbkpLQ2bLc=\n\
         -----END PUBLIC KEY-----\n",
    );
    let keys = format!("idp-1 https://login.example.org {pem};");
    let settings = load(
        &Flags::default(),
        &[
            ("HMIS_LICENSING_SECRET_FILE", &secret),
            ("HMIS_LICENSING_TOKEN_KEYS", &keys),
        ],
    )
    .unwrap();
    assert_eq!(settings.keys.len(), 1);
    assert!(
        !settings.own_tokens,
        "a provider's keys replace tokens of our own"
    );
    assert!(matches!(settings.secret, SecretSource::Given(_)));
    let no_key = format!("idp-1 https://login.example.org {secret}");
    for (name, value) in [
        ("HMIS_LICENSING_SECRET_FILE", "/nonexistent"),
        (
            "HMIS_LICENSING_TOKEN_KEYS",
            "idp-1 https://login.example.org /nonexistent",
        ),
        ("HMIS_LICENSING_TOKEN_KEYS", &no_key),
        ("HMIS_LICENSING_OWN_TOKENS", "false"),
    ] {
        let bad = load(&Flags::default(), &[(name, value)]).unwrap_err();
        assert_eq!(bad.len(), 1, "{bad:?}");
    }
}
