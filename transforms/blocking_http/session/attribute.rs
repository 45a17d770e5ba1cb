//! Sessions that objects of this file keep in an attribute.

use super::home::{Home, How, Making, makes};
use crate::fix::Cx;
use crate::model::file::{Entity, Term, Why, walk};
use crate::model::project::{ClassRef, Value};
use crate::python::ast::{
    AnyNodeRef, Expr, ExprAttribute, ExprCall, ExprContext, StmtClassDef, TraversalSignal,
};
use crate::python::span;

/// The sessions that are assigned to attributes of `self`.
pub(super) fn homes<'a>(cx: &Cx<'a>, makers: &'a [String]) -> Vec<Home<'a>> {
    let mut found: Vec<(ClassRef, Home<'a>)> = Vec::new();
    for call in cx.module.calls().iter().copied() {
        if !makes(cx, makers, call) {
            continue;
        }
        let Some((attribute, how, annotation)) = assigned(cx, call) else {
            continue;
        };
        let class = cx.module.receiver_class(&attribute.value);
        let Some((class, own)) = class.and_then(|class| Some((class, class_ref(cx, class)?)))
        else {
            continue;
        };
        let making = Making::new(call, how);
        let name = cx.module.source(attribute_expression(cx, attribute));
        let known = found.iter_mut().find(|(other, home)| {
            *other == own && home.name.rsplit('.').next() == Some(attribute.attr.as_str())
        });
        match known {
            Some((_, home)) => {
                home.annotations.extend(annotation);
                home.makings.push(making);
            }
            None => {
                let mut home = Home {
                    name: name.to_owned(),
                    makings: vec![making],
                    reads: Vec::new(),
                    annotations: annotation.into_iter().collect(),
                    within: span(class),
                    kept: true,
                    overlaps: true,
                    later: false,
                    unseen: None,
                };
                if let Err(why) = look(cx, makers, own, &attribute.attr, &mut home) {
                    home.unseen = Some(why);
                }
                found.push((own, home));
            }
        }
    }
    found.into_iter().map(|(_, home)| home).collect()
}

/// The attribute as an expression, which it is the target of an assignment as.
fn attribute_expression<'a>(cx: &Cx<'a>, attribute: &'a ExprAttribute) -> &'a Expr {
    let writes = cx.module.attribute_writes().iter().copied();
    let mut same = writes.filter(|write| span(*write) == span(attribute));
    same.next().unwrap_or(&attribute.value)
}

/// The attribute that a new session is assigned to, and what says of which class it is.
fn assigned<'a>(
    cx: &Cx<'a>,
    call: &'a ExprCall,
) -> Option<(&'a ExprAttribute, How<'a>, Option<&'a Expr>)> {
    let statement = cx.module.parent(call.into())?;
    let (target, annotation) = match statement {
        AnyNodeRef::StmtAssign(assign) => match &assign.targets[..] {
            [target] => (target, None),
            _ => return None,
        },
        AnyNodeRef::StmtAnnAssign(assign) => (&*assign.target, Some(&*assign.annotation)),
        _ => return None,
    };
    let Expr::Attribute(attribute) = target else {
        return None;
    };
    let block = cx.module.block(statement)?;
    Some((attribute, How::Assigned { block, lines: None }, annotation))
}

fn class_ref<'a>(cx: &Cx<'a>, class: &'a StmtClassDef) -> Option<ClassRef> {
    let facts = cx.project.facts(cx.file)?;
    let mut classes = facts.classes.iter();
    let index = classes.position(|known| {
        known.at == span(&class.name)
            || span(class).contains(known.at) && *known.name == *class.name
    })?;
    Some(ClassRef::new(cx.file, index))
}

/// Collects the uses of an attribute; refused where some may not be in sight.
fn look<'a>(
    cx: &Cx<'a>,
    makers: &[String],
    class: ClassRef,
    name: &str,
    home: &mut Home<'a>,
) -> Result<(), Why> {
    cx.project.attribute_stays(class, name)?;
    let family = cx.project.family_of(class);
    let mut mentions: Vec<&'a ExprAttribute> = Vec::new();
    walk(cx.module.tree().module().into(), &mut |node| {
        if let AnyNodeRef::ExprAttribute(attribute) = node
            && attribute.attr.as_str() == name
        {
            mentions.push(attribute);
        }
        TraversalSignal::Traverse
    });
    for mention in mentions {
        let class = match cx.module.receiver_class(&mention.value) {
            Some(class) => class_ref(cx, class),
            None => match owner(cx, mention) {
                Owner::Class(class) => Some(class),
                Owner::Other => continue,
                Owner::Unknown => None,
            },
        };
        let Some(class) = class else {
            return Err(Why::new(format!(
                "`{}` may be the same session",
                cx.module.text()[span(mention).start()..span(mention).end()].trim()
            )));
        };
        if !family.contains(&class) {
            continue;
        }
        match mention.ctx {
            ExprContext::Load => home.reads.push(mention.into()),
            _ => given(cx, makers, mention)?,
        }
    }
    Ok(())
}

/// Whether an assignment gives the attribute a new session, or `None`.
fn given<'a>(cx: &Cx<'a>, makers: &[String], target: &'a ExprAttribute) -> Result<(), Why> {
    let value = match cx.module.parent(target.into()) {
        Some(AnyNodeRef::StmtAssign(assign)) if assign.targets.len() == 1 => Some(&*assign.value),
        Some(AnyNodeRef::StmtAnnAssign(assign)) => assign.value.as_deref(),
        _ => None,
    };
    match value {
        Some(Expr::NoneLiteral(_)) => Ok(()),
        Some(Expr::Call(call)) if makes(cx, makers, call) => Ok(()),
        _ => Err(Why::new(format!(
            "`{}` also holds something that is not made here",
            span(target).of(cx.module.text())
        ))),
    }
}

/// Whose attribute it is.
enum Owner {
    Class(ClassRef),
    Other,
    Unknown,
}

fn owner<'a>(cx: &Cx<'a>, mention: &'a ExprAttribute) -> Owner {
    if matches!(cx.module.entity(&mention.value), Entity::External(_))
        || cx.module.class_of(&mention.value).is_some()
    {
        return Owner::Other;
    }
    match value(cx, mention) {
        Some(Value::Object(class)) => Owner::Class(class),
        Some(Value::Unknown(_)) | None => Owner::Unknown,
        Some(_) => Owner::Other,
    }
}

/// What the object is whose attribute is used, where the use is a call further on.
fn value<'a>(cx: &Cx<'a>, mention: &'a ExprAttribute) -> Option<Value> {
    let facts = cx.project.facts(cx.file)?;
    let mut steps = 1;
    let mut inner = span(mention);
    for ancestor in cx.module.ancestors(mention.into()) {
        match ancestor {
            AnyNodeRef::ExprAttribute(outer) if span(&*outer.value) == inner => {
                steps += 1;
                inner = span(outer);
            }
            AnyNodeRef::ExprCall(call) if span(&*call.func) == inner => {
                let index = cx.index_of(call)?;
                let mut term = facts.calls.get(index)?.callee;
                for _ in 0..steps {
                    let Term::Member(of, _) = facts.terms.get(term.0 as usize)? else {
                        return None;
                    };
                    term = *of;
                }
                return Some(cx.project.value(cx.file, term));
            }
            _ => return None,
        }
    }
    None
}
