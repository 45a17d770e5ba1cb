//! What becomes of a coroutine that nothing awaits on the spot: whether code uses it as the value that
//! it would give.

use super::annotations::{Says, says};
use super::{parameters, variables, wrappers};
use crate::fix::Cx;
use crate::model::file::{Place, ScopeKind};
use crate::model::project::{FunctionRef, Gives, SCHEDULES, Target, Value as Outcome};
use crate::python::ast::{
    AnyNodeRef, Arguments, CmpOp, ConversionFlag, Expr, ExprBinOp, ExprCall, ExprCompare,
    ExprDictComp, ExprGenerator, ExprListComp, ExprSetComp, Operator, StmtAssign, StmtFunctionDef,
    StmtReturn, UnaryOp,
};
use crate::python::span;

/// Methods of `unittest.TestCase` that look at values.
const ASSERTS: [&str; 20] = [
    "assertAlmostEqual",
    "assertCountEqual",
    "assertDictEqual",
    "assertEqual",
    "assertFalse",
    "assertGreater",
    "assertGreaterEqual",
    "assertIn",
    "assertIsNone",
    "assertIsNotNone",
    "assertLess",
    "assertLessEqual",
    "assertListEqual",
    "assertNotEqual",
    "assertNotIn",
    "assertRegex",
    "assertSequenceEqual",
    "assertSetEqual",
    "assertTrue",
    "assertTupleEqual",
];

/// What futures and tasks have, which run without being awaited.
const OF_FUTURES: [&str; 10] = [
    "add_done_callback",
    "cancel",
    "cancelled",
    "done",
    "exception",
    "get_loop",
    "remove_done_callback",
    "result",
    "set_exception",
    "set_result",
];

/// What becomes of a coroutine.
#[derive(Clone, Debug)]
pub(super) enum Use {
    /// Nobody who is seen awaits it, and it is used as the value that it would give.
    Wrong(Wrong),
    /// It is awaited, scheduled, closed or asked what it is.
    Meant,
    /// Others may await it.
    Open,
}

/// How a coroutine is taken for what it would give.
#[derive(Clone, Debug)]
pub(super) struct Wrong {
    pub proof: Proof,
    /// What happens, as the second half of a sentence.
    pub what: String,
}

/// How sure it is that the value was wanted, the surest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Proof {
    /// Nothing is done with it.
    Dropped,
    /// The use raises an exception whenever it runs.
    Fails,
    /// The annotations say so.
    Annotated,
    /// It runs, and always says the same of a coroutine.
    Silent,
    /// It is handed to callers that have awaited one coroutine already.
    Returned,
    /// All others are awaited.
    Habit,
}

impl Use {
    fn wrong(proof: Proof, what: impl Into<String>) -> Self {
        Self::Wrong(Wrong {
            proof,
            what: what.into(),
        })
    }

    fn fails(what: impl Into<String>) -> Self {
        Self::wrong(Proof::Fails, what)
    }

    fn silent(what: impl Into<String>) -> Self {
        Self::wrong(Proof::Silent, what)
    }
}

/// Where a value goes: the coroutine that a call makes, and the expression that stands for it.
#[derive(Clone, Copy)]
pub(super) struct Value<'c> {
    pub gives: &'c Gives,
    /// It is certainly a coroutine, and not another awaitable, which may be iterated over or entered.
    pub sure: bool,
    /// The expression certainly gives the coroutine, and not only under a condition.
    pub always: bool,
    /// How many variables it may still go through.
    pub steps: usize,
}

/// What becomes of the value of a node.
pub(super) fn use_of<'a>(cx: &Cx<'a>, node: AnyNodeRef<'a>, value: Value<'_>) -> Use {
    let Some(parent) = cx.module.parent(node) else {
        return Use::Open;
    };
    let is = |expression: &Expr| span(expression) == span(node);
    let tested = || Use::silent("so that it is always true");
    match parent {
        AnyNodeRef::ExprAwait(_) => Use::Meant,
        AnyNodeRef::StmtExpr(_) => Use::wrong(Proof::Dropped, "so that nothing of it ever runs"),
        AnyNodeRef::StmtIf(_) | AnyNodeRef::StmtWhile(_) | AnyNodeRef::ElifElseClause(_) => {
            tested()
        }
        AnyNodeRef::StmtAssert(assert) if is(&assert.test) => tested(),
        AnyNodeRef::ExprUnaryOp(unary) if unary.op == UnaryOp::Not => {
            Use::silent("so that `not` always gives `False`")
        }
        AnyNodeRef::ExprUnaryOp(_) => Use::fails("and a coroutine cannot be computed with"),
        AnyNodeRef::ExprBoolOp(all) => match all.values.last().is_some_and(is) {
            true => use_of(cx, parent, value.perhaps()),
            false => tested(),
        },
        AnyNodeRef::ExprIf(choice) if is(&choice.test) => tested(),
        AnyNodeRef::ExprIf(_) => use_of(cx, parent, value.perhaps()),
        AnyNodeRef::ExprCompare(compare) => compared(node, compare),
        AnyNodeRef::ExprBinOp(operation) => computed(node, operation),
        AnyNodeRef::StmtAugAssign(assign) if is(&assign.value) => {
            Use::fails("and a coroutine cannot be computed with")
        }
        AnyNodeRef::ExprSubscript(subscript) if is(&subscript.value) => {
            Use::fails("and a coroutine has no items")
        }
        AnyNodeRef::ExprSubscript(_) => Use::silent("and a coroutine is no key or index"),
        AnyNodeRef::ExprSlice(_) => Use::fails("and a coroutine is no index"),
        AnyNodeRef::ExprAttribute(attribute) => {
            let name = attribute.attr.as_str();
            let is_own = matches!(name, "send" | "throw" | "close")
                || name.starts_with("cr_")
                || name.starts_with("__")
                || !value.sure && OF_FUTURES.contains(&name);
            match is_own {
                true => Use::Meant,
                false => Use::fails(format!("and a coroutine has no `{name}`")),
            }
        }
        AnyNodeRef::ExprCall(call) if is(&call.func) && !value.sure => Use::Open,
        AnyNodeRef::ExprCall(call) if is(&call.func) => {
            Use::fails("and a coroutine cannot be called")
        }
        AnyNodeRef::StmtFor(_) | AnyNodeRef::Comprehension(_) | AnyNodeRef::WithItem(_)
            if !value.sure =>
        {
            Use::Open
        }
        // What is left to others may well be an asynchronous generator there.
        AnyNodeRef::StmtFor(each) if each.is_async && wrappers::is_left_open(cx, value.gives) => {
            Use::Open
        }
        AnyNodeRef::StmtFor(_) | AnyNodeRef::ExprStarred(_) => {
            Use::fails("and a coroutine cannot be iterated over")
        }
        // The first clause goes through what stands outside.
        AnyNodeRef::ExprListComp(ExprListComp { generators, .. })
        | AnyNodeRef::ExprSetComp(ExprSetComp { generators, .. })
        | AnyNodeRef::ExprDictComp(ExprDictComp { generators, .. })
        | AnyNodeRef::ExprGenerator(ExprGenerator { generators, .. })
            if value.sure && generators.first().is_some_and(|clause| is(&clause.iter)) =>
        {
            let is_async = generators.first().is_some_and(|clause| clause.is_async);
            match is_async && wrappers::is_left_open(cx, value.gives) {
                true => Use::Open,
                false => Use::fails("and a coroutine cannot be iterated over"),
            }
        }
        AnyNodeRef::Comprehension(clause) => match is(&clause.iter) {
            true => Use::fails("and a coroutine cannot be iterated over"),
            false => tested(),
        },
        AnyNodeRef::WithItem(_) => Use::fails("and a coroutine is no context manager"),
        AnyNodeRef::InterpolatedElement(field) if field.conversion != ConversionFlag::Repr => {
            Use::silent("and only `<coroutine object ...>` is printed")
        }
        AnyNodeRef::StmtMatch(_) => Use::silent("and a coroutine matches nothing"),
        AnyNodeRef::StmtRaise(_) => Use::fails("and a coroutine is no exception"),
        AnyNodeRef::Keyword(keyword) if keyword.arg.is_none() => {
            Use::fails("and a coroutine is no mapping")
        }
        AnyNodeRef::Keyword(_) => match cx.module.parent(parent) {
            Some(AnyNodeRef::Arguments(arguments)) => passed(cx, parent, arguments, value),
            _ => Use::Open,
        },
        AnyNodeRef::Arguments(arguments) => passed(cx, node, arguments, value),
        AnyNodeRef::StmtAssign(assign) => assigned(cx, assign, value),
        AnyNodeRef::StmtAnnAssign(assign) => {
            let scope = cx.module.scope_of(node);
            let target = variables::use_of_target(cx, &assign.target, value);
            if matches!(target, Use::Meant) {
                return Use::Meant;
            }
            match scope.map(|scope| says(cx, &assign.annotation, scope)) {
                Some(Says::Plain) => Use::wrong(
                    Proof::Annotated,
                    format!(
                        "and `{}` is annotated as `{}`",
                        cx.module.describe(&assign.target),
                        cx.module.source(&assign.annotation)
                    ),
                ),
                Some(Says::Perhaps) => Use::Open,
                _ => target,
            }
        }
        AnyNodeRef::ExprNamed(named) if is(&named.value) => match use_of(cx, parent, value) {
            Use::Open => variables::use_of_target(cx, &named.target, value),
            other => other,
        },
        AnyNodeRef::StmtReturn(statement) => returned(cx, statement, value),
        _ => Use::Open,
    }
}

impl Value<'_> {
    fn perhaps(self) -> Self {
        Self {
            always: false,
            ..self
        }
    }
}

fn compared(node: AnyNodeRef<'_>, compare: &ExprCompare) -> Use {
    let is_right = compare
        .comparators
        .iter()
        .position(|other| span(other) == span(node));
    let op = compare.ops.get(is_right.unwrap_or(0));
    // A variable may be compared with the very coroutine that it stands for.
    let may_be_same = node.is_expr_name()
        && std::iter::once(&*compare.left)
            .chain(&compare.comparators)
            .filter(|side| span(*side) != span(node))
            .any(|side| !side.is_literal_expr());
    if may_be_same
        && matches!(
            op,
            Some(CmpOp::Is | CmpOp::IsNot | CmpOp::Eq | CmpOp::NotEq | CmpOp::In | CmpOp::NotIn)
        )
    {
        return Use::Open;
    }
    match op {
        Some(CmpOp::Is | CmpOp::Eq) => Use::silent("so that it never equals anything"),
        Some(CmpOp::IsNot | CmpOp::NotEq) => Use::silent("so that it always differs"),
        Some(CmpOp::In | CmpOp::NotIn) if is_right.is_none() => {
            Use::silent("and a coroutine is never found in anything")
        }
        Some(CmpOp::In | CmpOp::NotIn) => Use::fails("and a coroutine holds nothing"),
        _ => Use::fails("and a coroutine cannot be compared"),
    }
}

fn computed(node: AnyNodeRef<'_>, operation: &ExprBinOp) -> Use {
    let formats = operation.op == Operator::Mod
        && span(&*operation.right) == span(node)
        && matches!(*operation.left, Expr::StringLiteral(_) | Expr::FString(_));
    match formats {
        true => Use::silent("and only `<coroutine object ...>` is printed"),
        false => Use::fails("and a coroutine cannot be computed with"),
    }
}

fn assigned<'a>(cx: &Cx<'a>, assign: &'a StmtAssign, value: Value<'_>) -> Use {
    let unpacks = |target: &Expr| target.is_tuple_expr() || target.is_list_expr();
    if assign.targets.iter().any(unpacks) {
        return Use::fails("and a coroutine cannot be unpacked");
    }
    match &assign.targets[..] {
        [only] => variables::use_of_target(cx, only, value),
        _ => Use::Open,
    }
}

/// What becomes of an argument, given as itself or in a keyword.
fn passed<'a>(
    cx: &Cx<'a>,
    argument: AnyNodeRef<'a>,
    arguments: &'a Arguments,
    value: Value<'_>,
) -> Use {
    let Some(AnyNodeRef::ExprCall(call)) = cx.module.parent(arguments.into()) else {
        return Use::Open;
    };
    let position = call
        .arguments
        .args
        .iter()
        .position(|other| span(other) == span(argument));
    match (cx.target_of(call), position) {
        (Target::Library(name), Some(position)) => {
            let catalogue = cx.module.catalogue();
            let shown = cx.module.describe(&call.func);
            match &*name {
                "isinstance" if position == 0 => return asked(cx, call),
                "hasattr" | "callable" | "type" | "id" => return Use::Meant,
                // More than one argument fails anyway: what is meant is a list of coroutines.
                "list.extend" if arguments.args.len() > 1 => return Use::Open,
                _ => {}
            }
            if catalogue.refuses_awaitables(&name) {
                return Use::fails(format!("and `{shown}` does not take a coroutine"));
            }
            if catalogue.misreads_awaitables(&name) {
                return Use::silent(format!("and `{shown}` makes nothing of a coroutine"));
            }
            if name.split('.').any(|part| {
                part.starts_with("iscoroutine")
                    || matches!(part, "isawaitable" | "isfuture")
                    || SCHEDULES.contains(&part)
            }) {
                return Use::Meant;
            }
            asserted(argument, &name)
        }
        (Target::Functions(functions), _)
            if parameters::take_values(cx, call, argument, &functions, value) =>
        {
            Use::wrong(
                Proof::Annotated,
                format!(
                    "and `{}` takes no coroutine by its annotations",
                    cx.module.describe(&call.func)
                ),
            )
        }
        (Target::Functions(functions), _)
            if parameters::take_awaitables(cx, call, argument, &functions) =>
        {
            Use::Meant
        }
        _ => {
            let name = cx.module.describe(&call.func);
            let name = name.rsplit('.').next().unwrap_or(&name);
            let asks = name.starts_with("iscoroutine")
                || name.starts_with("is_coroutine")
                || matches!(
                    name,
                    "isawaitable" | "is_awaitable" | "isfuture" | "maybe_await"
                )
                || SCHEDULES.contains(&name);
            match asks {
                true => Use::Meant,
                false => asserted(argument, name),
            }
        }
    }
}

/// What becomes of a call that a test looks at.
fn asserted(argument: AnyNodeRef<'_>, callee: &str) -> Use {
    let method = callee.rsplit('.').next().unwrap_or(callee);
    match ASSERTS.contains(&method) && argument.is_expr_call() {
        true => Use::silent(format!("and `{method}` is given a coroutine")),
        false => Use::Open,
    }
}

/// `isinstance(coroutine, Class)`: never true, unless the class is one of awaitables.
fn asked<'a>(cx: &Cx<'a>, call: &'a ExprCall) -> Use {
    let class = call.arguments.args.get(1);
    let scope = cx.module.scope_of(call.into());
    let plain = class.zip(scope).is_some_and(|(class, scope)| {
        let all = match class {
            Expr::Tuple(tuple) => &tuple.elts[..],
            one => std::slice::from_ref(one),
        };
        all.iter()
            .all(|class| says(cx, class, scope) == Says::Plain)
    });
    match plain {
        true => Use::silent("so that `isinstance` always gives `False`"),
        false => Use::Meant,
    }
}

fn returned<'a>(cx: &Cx<'a>, statement: &'a StmtReturn, value: Value<'_>) -> Use {
    let Place::Coroutine { function, .. } = cx.module.place(statement.into()) else {
        return Use::Open;
    };
    let own = cx.function_ref(function);
    if own.is_some_and(|own| wrappers::is_awaited_twice(cx, own)) {
        return Use::Meant;
    }
    let scope = cx.module.scope_of(function.into());
    let (Some(annotation), Some(scope)) = (function.returns.as_deref(), scope) else {
        if wrappers::hands_out_coroutines(cx, function, value.gives) {
            return Use::Meant;
        }
        return Use::wrong(
            Proof::Returned,
            format!("and who awaits `{}` is given a coroutine", function.name),
        );
    };
    let shown = cx.module.source(annotation);
    match says(cx, annotation, scope) {
        Says::Plain => Use::wrong(
            Proof::Annotated,
            format!("and `{}` is to return `{shown}`", function.name),
        ),
        Says::Unknown if same_annotation(cx, function, value) => Use::wrong(
            Proof::Annotated,
            format!(
                "and `{}` is to return `{shown}`, as it would give",
                function.name
            ),
        ),
        Says::Unknown | Says::Perhaps
            if wrappers::hands_out_coroutines(cx, function, value.gives) =>
        {
            Use::Meant
        }
        Says::Perhaps => Use::Open,
        Says::Unknown => Use::wrong(
            Proof::Returned,
            format!("and who awaits `{}` is given a coroutine", function.name),
        ),
    }
}

/// Whether the coroutine's function is annotated as the function is that returns it.
fn same_annotation(cx: &Cx<'_>, returning: &StmtFunctionDef, value: Value<'_>) -> bool {
    let Gives::Coroutine(functions) = value.gives else {
        return false;
    };
    let own = cx.function_ref(returning);
    own.is_some_and(|own| functions.iter().all(|made| same_result(cx, own, *made)))
}

/// Whether two functions are annotated to give the same.
fn same_result(cx: &Cx<'_>, own: FunctionRef, made: FunctionRef) -> bool {
    let returns = |function| cx.project.function(function)?.returns;
    let Some((own_term, term)) = returns(own).zip(returns(made)) else {
        return false;
    };
    if own.file == made.file {
        return own_term == term;
    }
    let value = cx.project.value(made.file, term);
    !matches!(value, Outcome::Unknown(_)) && value == cx.project.value(own.file, own_term)
}

/// The function in whose body a node stands, or whose generator expression or comprehension it is in.
pub(super) fn function_around<'a>(
    cx: &Cx<'a>,
    node: AnyNodeRef<'a>,
) -> Option<&'a StmtFunctionDef> {
    let mut at = cx.module.scope_of(node);
    while let Some(scope) = at {
        let scope = cx.module.scope(scope);
        if let ScopeKind::Function(function) = scope.kind {
            return Some(function);
        }
        at = scope.parent;
    }
    None
}
