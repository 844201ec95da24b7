use std::sync::Arc;

use arrow_array::{ArrayRef, DictionaryArray, Int64Array, StringArray};

use super::*;

fn read(text: &str) -> Meaning {
    SaleConditions::parse(text.as_bytes()).under(Plan::Either)
}

fn set(text: &str, plan: Plan) -> ConditionSet {
    ConditionSet::parse(text.as_bytes(), plan)
}

/// As the broker's lists of both plans have them.
const KNOWN: &str = "ABCDEFGHIKLMNOPQRSTUVWXYZ12345679";

#[test]
fn conditions_combine() {
    let regular = read("@");
    assert!(regular.forms_price() && regular.counts_volume() && regular.has_aggressor() && regular.regular_hours());
    assert!(regular.updates_last() && regular.updates_high_low());
    let sweep = read(" F I");
    assert!(sweep.intermarket_sweep() && sweep.has_aggressor() && sweep.forms_price());
    assert!(!sweep.updates_last() && !sweep.updates_high_low(), "odd lots are off the consolidated tape's prices");
    assert!(!read("FTW").forms_price());
    let close = read("6");
    assert!(close.forms_price() && close.counts_volume() && !close.has_aggressor() && close.updates_last());
    assert!(!read("M").counts_volume());
    assert!(!read("T").regular_hours());
    assert!(read("Z").updates_high_low() && !read("Z").updates_last() && !read("Z").forms_price());
    assert!(read("§Ω").forms_price());
}

#[test]
fn the_plans_differ_on_bunched_and_stopped_stock() {
    let forms = |letter: &str, plan| SaleConditions::parse(letter.as_bytes()).under(plan).forms_price();
    assert_eq!([Plan::Either, Plan::Cta, Plan::Utp].map(|plan| forms("B", plan)), [false, false, true]);
    assert_eq!([Plan::Either, Plan::Cta, Plan::Utp].map(|plan| forms("2", plan)), [false, true, false]);
    for plan in ["either", "cta", "utp"] {
        assert!(forms("@", Plan::from_name(plan).unwrap()));
    }
    assert!(Plan::from_name("CTS").is_err());
}

#[test]
fn an_average_price_is_written_as_its_plan_does() {
    let average = ConditionSet::AVERAGE_PRICE;
    assert_eq!(Plan::ALL.map(|plan| average.letters(plan)), ["W", "B", "W"]);
    assert_eq!(Plan::ALL.map(|plan| ConditionSet::BUNCHED.letters(plan)), ["B", "", "B"]);
    assert_eq!(set("W", Plan::Cta), average, "no letter of CTS, and no other reading of it either");
    assert!(set("B", Plan::Either).meets(average) && set("B", Plan::Either).meets(ConditionSet::BUNCHED));
}

#[test]
fn letters_are_read_as_they_were_written() {
    for plan in Plan::ALL {
        for (name, written) in ConditionSet::NAMED {
            if written.bits().count_ones() > 1 {
                continue;
            }
            let text = written.letters(plan);
            assert!(text.is_empty() || set(&text, plan).meets(*written), "{name} as {text:?} under {plan:?}");
            assert_eq!(
                text.is_empty(),
                plan == Plan::Cta && " BUNCHED ACQUISITION SPLIT YELLOW_FLAG STOPPED ".contains(&format!(" {name} "))
            );
        }
    }
    let both = ConditionSet::from_bits(ConditionSet::EXTENDED_HOURS.bits() | ConditionSet::OUT_OF_SEQUENCE.bits());
    assert_eq!(both.letters(Plan::Either), "U");
    for text in ["F I", "F T I", "T I", "4 W", "C O", "Z W", ""] {
        assert_eq!(set(text, Plan::Utp).letters(Plan::Utp), text);
    }
}

#[test]
fn both_readings_follow_one_table() {
    for letter in 0..=u8::MAX {
        for plan in Plan::ALL {
            let (quick, named) = (SaleConditions::parse(&[letter]).under(plan), ConditionSet::of_letter(letter, plan));
            assert_eq!(quick.forms_price(), !named.meets(ConditionSet::NO_PRICE));
            assert_eq!(quick.counts_volume(), !named.meets(ConditionSet::NO_VOLUME));
            assert_eq!(quick.has_aggressor(), !named.meets(ConditionSet::NO_AGGRESSOR));
            assert_eq!(quick.regular_hours(), !named.meets(ConditionSet::EXTENDED_HOURS));
            assert_eq!(quick.intermarket_sweep(), named.meets(ConditionSet::INTERMARKET_SWEEP));
            assert_eq!(quick.updates_high_low(), !named.meets(ConditionSet::NO_HIGH_LOW));
            assert_eq!(quick.updates_last(), !named.meets(ConditionSet::NO_LAST));
        }
        assert_eq!(ConditionSet::of_letter(letter, Plan::Either).bits() != 0, KNOWN.as_bytes().contains(&letter));
    }
}

/// What the processing guidelines of both plans say of every letter.
#[test]
fn the_consolidated_prices_are_moved_by_whom_the_plans_let() {
    let texts = |keeps: fn(Meaning) -> bool| -> String {
        KNOWN.chars().filter(|letter| keeps(read(letter.encode_utf8(&mut [0; 4])))).collect()
    };
    assert_eq!(texts(|meaning| !meaning.updates_high_low()), "BCHIMNQRTUVW7");
    assert_eq!(texts(|meaning| !meaning.updates_last()), "BCGHILMNPQRTUVWZ2347");
    assert_eq!(texts(|meaning| !meaning.counts_volume()), "MQ9");
    assert_eq!(texts(|meaning| !meaning.forms_price()), "BCGHLMNPQRUVWZ23479");
    assert_eq!(texts(|meaning| meaning.forms_price() && !meaning.has_aggressor()), "OX56");
}

#[test]
fn flags_of_lean_are_the_same_conditions() {
    let letters = |flags| ConditionSet::of_lean(flags).letters(Plan::Either);
    assert_eq!(letters(1), "", "regular");
    assert_eq!(letters(0x2000_0020), "F", "a sweep that is exempt from the trade-through rule is no cross");
    assert!(!ConditionSet::of_lean(0x2000_0020).meets(ConditionSet::NO_AGGRESSOR));
    assert_eq!(letters(0x2020_0080), "6 X");
    assert_eq!(letters(0x6000), "U", "out of sequence in extended hours");
    assert_eq!(letters(0x4800), "Z", "sold, out of sequence");
    assert_eq!(letters(0x800), "L", "sold last");
    assert_eq!(letters(0x2010_0200), "4 W");
    assert_eq!(letters(0x4_0000), "V", "a stock-option trade");
    assert_eq!(letters(0x8000_0000), "I");
    assert_eq!(ConditionSet::of_lean(0x2_0000), ConditionSet::BUNCHED, "an ordinary price, whatever the listing");
    assert!(!ConditionSet::BUNCHED.meets(ConditionSet::NO_PRICE));
}

#[test]
fn columns_of_every_layout_read_the_same() {
    let rows = [Some("@"), None, Some(" F I"), Some(""), Some("W")];
    let dictionary: DictionaryArray<arrow_array::types::Int8Type> = rows.into_iter().collect();
    let layouts: [ArrayRef; 2] = [Arc::new(StringArray::from_iter(rows)), Arc::new(dictionary)];
    for array in layouts {
        let found = of_column(array.as_ref(), Plan::Utp).unwrap();
        assert_eq!(found, rows.map(|text| set(text.unwrap_or_default(), Plan::Utp)));
    }
    assert!(of_column(&Int64Array::from(vec![1]), Plan::Utp).is_err());
}
