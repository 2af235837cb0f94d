//! Canonical identity values: what one row says of who someone is, after every rule of the specification.

use crate::foundation::Element;
use crate::foundation::interned::{Interned, NONE};
use crate::standardize::memo::Memo;
use crate::standardize::name::{self, Name};
use crate::standardize::ssn::{self, SsnStatus};
use crate::standardize::{code, reference};

/// How a source's values are to be read.
#[derive(Clone, Debug, Default)]
pub struct StandardizeOptions {
    /// The source is declared `synthetic: true`: SSNs of areas 900 to 999 with groups 01 to 49 count as valid.
    pub synthetic: bool,
    /// Numbers lost their leading zeros on the way (a spreadsheet): they are put back.
    pub lost_zeros: bool,
    /// The last day on which a person may be born, as days from 1970: the run's as-of date.
    pub latest_birth: Option<i32>,
    /// Further birth dates that this source writes for "not known", as days from 1970.
    pub placeholder_dates: Vec<i32>,
}

/// The text elements of an identity record in the order in which they are hashed.
pub(crate) const TEXTS: [Element; 10] = [
    Element::StateId,
    Element::LocalId,
    Element::LocalIdIssuer,
    Element::Ssn,
    Element::FirstName,
    Element::MiddleName,
    Element::LastName,
    Element::Suffix,
    Element::Sex,
    Element::PostalCode,
];

const SSN: usize = 3;
const SUFFIX: usize = 7;

/// One row's canonical values; texts are numbers in the builder's interned values.
#[derive(Clone)]
pub(crate) struct Values {
    pub(crate) texts: [u32; 10],
    pub(crate) ssn_status: SsnStatus,
    pub(crate) birth_date: Option<i32>,
    /// A suffix found at the end of a name; it stands where the suffix column says nothing.
    found_suffix: Option<&'static str>,
}

impl Values {
    pub(crate) const fn none() -> Self {
        Self { texts: [NONE; 10], ssn_status: SsnStatus::Missing, birth_date: None, found_suffix: None }
    }

    /// Adds the canonical values to a key, in order, with what is missing marked.
    pub(crate) fn put(&self, values: &Interned, buffer: &mut Vec<u8>) {
        for id in self.texts {
            reference::put(buffer, (id != NONE).then(|| values.get(id)));
        }
        reference::put(buffer, self.birth_date.map(i32::to_be_bytes).as_ref().map(<[u8; 4]>::as_slice));
    }
}

/// Reads raw values into canonical ones and remembers the names it has met.
#[derive(Default)]
pub(crate) struct Reader {
    names: [Memo<(u32, Option<&'static str>)>; 3],
    ids: Memo<u32>,
}

impl Reader {
    /// Reads one raw text of an element. The first column that says something wins. `None` where numbers have run out.
    pub(crate) fn read(
        &mut self,
        into: &mut Values,
        values: &mut Interned,
        options: &StandardizeOptions,
        element: Element,
        raw: &str,
    ) -> Option<()> {
        let Some(at) = TEXTS.iter().position(|text| *text == element) else { return Some(()) };
        if into.texts[at] != NONE {
            return Some(());
        }
        into.texts[at] = match element {
            Element::FirstName => self.name(0, name::first, into, values, raw)?,
            Element::MiddleName => self.name(1, name::middle, into, values, raw)?,
            Element::LastName => self.name(2, name::last, into, values, raw)?,
            Element::Ssn => {
                let read = ssn::ssn(raw, options.synthetic, options.lost_zeros);
                into.ssn_status = read.status;
                keep(values, read.value.as_deref())?
            }
            Element::Suffix => keep(values, name::suffix(raw))?,
            Element::Sex => keep(values, code::sex(raw))?,
            Element::PostalCode => keep(values, code::postal_code(raw, options.lost_zeros).as_deref())?,
            _ => keep(values, code::id(raw).as_deref())?,
        };
        Some(())
    }

    /// A canonical id, remembered: for ids that few organisations share among many rows.
    pub(crate) fn id(&mut self, values: &mut Interned, raw: &str) -> Option<u32> {
        self.ids.get(raw.as_bytes(), || keep(values, code::id(raw).as_deref()).ok_or(())).ok()
    }

    fn name(
        &mut self,
        kind: usize,
        make: fn(&str) -> Name,
        into: &mut Values,
        values: &mut Interned,
        raw: &str,
    ) -> Option<u32> {
        let read = self.names[kind].get(raw.as_bytes(), || {
            let name = make(raw);
            keep(values, name.name.as_deref()).map(|id| (id, name.suffix)).ok_or(())
        });
        let (id, suffix) = read.ok()?;
        // A last name's suffix is the surest, whatever the order of the columns.
        into.found_suffix = if kind == 2 { suffix.or(into.found_suffix) } else { into.found_suffix.or(suffix) };
        Some(id)
    }
}

/// Settles what depends on several columns. `None` where numbers have run out.
pub(crate) fn settle(into: &mut Values, values: &mut Interned) -> Option<()> {
    if into.texts[SUFFIX] == NONE {
        into.texts[SUFFIX] = keep(values, into.found_suffix)?;
    }
    if into.texts[SSN] == NONE {
        into.ssn_status = SsnStatus::Missing;
    }
    Some(())
}

/// The number of a value, `NONE` for no value. `None` where numbers have run out.
pub(crate) fn keep(values: &mut Interned, value: Option<&str>) -> Option<u32> {
    value.map_or(Some(NONE), |value| values.intern(value.as_bytes()).map(|(id, _)| id))
}
