//! What is wrong with a linkage document beyond its grammar.

use std::path::PathBuf;

use crate::foundation::{Diagnostic, Diagnostics};
use crate::linkage::Known;
use crate::pipeline::project::Project;

/// Checks tokens, passes, roles and guards of a project's linkage.
pub fn check(project: &Project, found: &mut Diagnostics) {
    let linkage = &project.linkage;
    let file = PathBuf::from(format!("config/linkage/{}.yaml", *linkage.linkage));
    if linkage.passes.is_empty() {
        found.push(
            Diagnostic::error("L010", &file, "there are no passes, so nothing would be linked")
                .help("declare `passes:`"),
        );
    }
    found.extend(crate::tokenize::check(&linkage.tokens, crate::standardize::PARTS, &file));
    let domain =
        |r: &crate::tokenize::RecipeSpec| r.domain.as_ref().map_or_else(|| r.name.value.clone(), |d| d.value.clone());
    let known = Known {
        recipes: linkage.tokens.iter().map(|r| (r.name.value.clone(), domain(r))).collect(),
        sources: Some(project.pipeline.sources.keys().cloned().collect()),
    };
    crate::linkage::check(&linkage.passes, &linkage.guards, &linkage.roles, &known, &file, found);
    if let Some(model) = &linkage.model {
        crate::linkage::check_model(model, &linkage.guards, &linkage.roles, &known, &file, found);
        if linkage.passes.iter().any(|pass| *pass.id == *model.id) {
            let message = format!("the model is called `{}` as a pass is", *model.id);
            found.push(Diagnostic::error("L008", &file, message).at(&model.id).help("give it its own id"));
        }
    }
}
