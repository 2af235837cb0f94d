//! Check: what is wrong with a linkage document's passes, guards and roles, before any token is read.

use std::collections::BTreeMap;
use std::path::Path;

use crate::foundation::{Diagnostic, Diagnostics, Located, did_you_mean};
use crate::linkage::spec::{GuardSpec, PassSpec, RolesSpec, Unique, Veto};

/// What a linkage document may refer to.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Each recipe with its domain: its own name, where it declares none.
    pub recipes: BTreeMap<String, String>,
    /// The pipeline's sources; `None` where the document is checked by itself.
    pub sources: Option<Vec<String>>,
}

/// Checks passes, guards and roles against each other and against what is known; findings are pushed, never thrown.
pub fn check(
    passes: &[PassSpec],
    guards: &[GuardSpec],
    roles: &RolesSpec,
    known: &Known,
    file: &Path,
    out: &mut Diagnostics,
) {
    let recipes =
        Names { file, code: "L001", what: "token that no recipe makes", help: "tokens are declared in `tokens:`" };
    let recipe_names: Vec<&str> = known.recipes.keys().map(String::as_str).collect();
    let guard_names: Vec<&str> = guards.iter().map(|g| g.id.as_str()).collect();
    each_once(passes.iter().map(|p| &p.id), "pass", file, out);
    each_once(guards.iter().map(|g| &g.id), "guard", file, out);
    for pass in passes {
        for name in pass.on.iter().chain(pass.crossed.iter().flat_map(|c| [&c.left, &c.right])) {
            recipes.check(name, &recipe_names, out);
        }
        for cross in &pass.crossed {
            if let (Some(left), Some(right)) =
                (known.recipes.get(cross.left.as_str()), known.recipes.get(cross.right.as_str()))
                && left != right
            {
                let message = format!("`{}` and `{}` are tokens of different domains", *cross.left, *cross.right);
                out.push(
                    Diagnostic::error("L004", file, message)
                        .at(&cross.right)
                        .label(format!("domain `{right}`, and the left one `{left}`"))
                        .help("tokens of two domains never agree: give one recipe the other's `domain:`"),
                );
            }
        }
        let guard =
            Names { file, code: "L002", what: "guard that is not declared", help: "guards are declared in `guards:`" };
        for name in &pass.guards {
            guard.check(name, &guard_names, out);
        }
        if let (Some(sources), Some(sides)) = (&known.sources, &pass.sources) {
            let names: Vec<&str> = sources.iter().map(String::as_str).collect();
            let source = Names {
                file,
                code: "L003",
                what: "source that the pipeline does not have",
                help: "sources are declared in the pipeline",
            };
            for name in sides.left.iter().chain(&sides.right) {
                source.check_softly(name, &names, out);
            }
        }
        pass_alone(pass, file, out);
    }
    for name in role_names(roles) {
        recipes.check(name, &recipe_names, out);
    }
    for guard in guards {
        for lacking in roles_lacking(&guard.veto, roles) {
            out.push(
                Diagnostic::error("L007", file, format!("guard `{}` needs the role `{lacking}`", *guard.id))
                    .at(&guard.id)
                    .help("say in `roles:` which recipe plays it"),
            );
        }
    }
}

fn pass_alone(pass: &PassSpec, file: &Path, out: &mut Diagnostics) {
    if pass.on.is_empty() && pass.crossed.is_empty() {
        out.push(
            Diagnostic::error("L005", file, format!("pass `{}` compares nothing", *pass.id))
                .at(&pass.id)
                .help("name recipes in `on:` or `crossed:`"),
        );
    }
    if pass.requires_unique == Unique::OneEachSide && pass.sources.is_none() && pass.crossed.is_empty() {
        out.push(
            Diagnostic::error(
                "L006",
                file,
                format!("pass `{}` asks for one person each side, but has no sides", *pass.id),
            )
            .at(&pass.id)
            .help("give `sources: { left: [...], right: [...] }`, or ask for `unopposed`"),
        );
    }
}

fn each_once<'a>(names: impl Iterator<Item = &'a Located<String>>, what: &str, file: &Path, out: &mut Diagnostics) {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for name in names {
        if let Some(line) = seen.get(name.as_str()) {
            out.push(
                Diagnostic::error("L008", file, format!("{what} `{}` stands twice", **name))
                    .at(name)
                    .label(format!("first at line {line}"))
                    .help("the match log names it, so give each its own id"),
            );
        } else {
            seen.insert(name.as_str(), name.line);
        }
    }
}

fn role_names(roles: &RolesSpec) -> impl Iterator<Item = &Located<String>> {
    let single = [&roles.ssn, &roles.id, &roles.suffix].into_iter().flatten();
    single
        .chain(&roles.first)
        .chain(&roles.first_loose)
        .chain(&roles.last)
        .chain(&roles.birth_date)
        .chain(&roles.evidence)
}

fn roles_lacking(veto: &Veto, roles: &RolesSpec) -> Vec<&'static str> {
    let single = |role: &Option<Located<String>>, name| role.is_none().then_some(name);
    let list = |role: &[Located<String>], name| role.is_empty().then_some(name);
    let lacking: &[Option<&'static str>] = match veto {
        Veto::SsnConflict { .. } => &[single(&roles.ssn, "ssn")],
        Veto::IssuerConflict { .. } | Veto::IdsDiffer {} => &[single(&roles.id, "id")],
        Veto::FirstNamesDiffer {} => &[list(&roles.first, "first")],
        Veto::Twins { .. } | Veto::PeopleDiffer { .. } => {
            &[list(&roles.first, "first"), list(&roles.last, "last"), list(&roles.birth_date, "birth_date")]
        }
        Veto::SuffixConflict {} => &[single(&roles.suffix, "suffix")],
        Veto::ImplausibleAge { .. } | Veto::ClusterSize { .. } => &[],
    };
    lacking.iter().flatten().copied().collect()
}

struct Names<'a> {
    file: &'a Path,
    code: &'static str,
    what: &'static str,
    help: &'static str,
}

impl Names<'_> {
    fn finding(&self, name: &Located<String>, known: &[&str]) -> Option<Diagnostic> {
        if known.contains(&name.as_str()) {
            return None;
        }
        let near = did_you_mean(name, known.iter().copied());
        let finding = Diagnostic::error(self.code, self.file, format!("`{}` is a {}", **name, self.what)).at(name);
        Some(finding.label(near.map(|n| format!("did you mean `{n}`?")).unwrap_or_default()).help(self.help))
    }

    fn check(&self, name: &Located<String>, known: &[&str], out: &mut Diagnostics) {
        if let Some(finding) = self.finding(name, known) {
            out.push(finding);
        }
    }

    /// As a warning: one linkage document serves pipelines that lack some of its sources.
    fn check_softly(&self, name: &Located<String>, known: &[&str], out: &mut Diagnostics) {
        if let Some(mut finding) = self.finding(name, known) {
            finding.severity = crate::foundation::Severity::Warning;
            out.push(finding);
        }
    }
}
