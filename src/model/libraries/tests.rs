//! What the catalogue as a whole keeps to.

use super::*;

#[test]
fn the_catalogue_can_be_read_and_is_sorted() {
    let catalogue = BUILTIN.as_ref().unwrap();
    assert!(
        catalogue
            .libraries
            .is_sorted_by_key(|library| &library.name)
    );
}

#[test]
fn nothing_in_the_catalogue_is_certain_to_be_wrong() {
    let catalogue = Catalogue::builtin();
    assert_eq!(check::check(&catalogue, catalogue.libraries()), Ok(()));
}

#[test]
fn methods_of_frameworks_are_found_through_bases() {
    let catalogue = Catalogue::builtin();
    let calls = |base, method| catalogue.endpoint_method(base, method).is_some();
    assert!(calls("discord.ext.commands.Bot", "on_message"));
    assert!(calls("django.views.generic.View", "get"));
    assert!(!calls("django.views.View", "helper"));
}

#[test]
fn braces_stand_for_several_names() {
    assert_eq!(expand("os.{stat, walk}"), ["os.stat", "os.walk"]);
    assert_eq!(expand("time.sleep"), ["time.sleep"]);
    assert_eq!(expand("{a,b}.{c,d}"), ["a.c", "a.d", "b.c", "b.d"]);
}
