//! Programs: what is taught, with CIP 2020 codes and both career-cluster frameworks.

/// One field of study; secondary and postsecondary programs share it.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) cip: &'static str,
    pub(crate) title: &'static str,
    /// Code among the sixteen clusters; empty for fields outside career and technical education.
    pub(crate) cluster16: &'static str,
    pub(crate) cluster14: &'static str,
}

const fn field(cip: &'static str, title: &'static str, cluster16: &'static str, cluster14: &'static str) -> Field {
    Field { cip, title, cluster16, cluster14 }
}

/// How many fields, from the first, are taught in secondary schools.
pub(crate) const SECONDARY: usize = 41;

/// All fields: the secondary ones first, then those that only colleges teach.
pub(crate) const FIELDS: [Field; 47] = [
    field("01.0000", "Agriculture", "01", "Agriculture"),
    field("01.0201", "Agricultural Mechanization", "01", "Agriculture"),
    field("03.0101", "Natural Resources and Conservation", "01", "Energy & Natural Resources"),
    field("01.0601", "Applied Horticulture", "01", "Agriculture"),
    field("46.0201", "Carpentry", "02", "Construction"),
    field("46.0302", "Electrician", "02", "Construction"),
    field("46.0503", "Plumbing Technology", "02", "Construction"),
    field("15.1301", "Drafting and Design Technology", "02", "Construction"),
    field("47.0201", "Heating and Air Conditioning", "02", "Construction"),
    field("10.0202", "Radio and Television Broadcasting", "03", "Arts, Entertainment, & Design"),
    field("50.0409", "Graphic Design", "03", "Arts, Entertainment, & Design"),
    field("09.0702", "Digital Communication and Media", "03", "Arts, Entertainment, & Design"),
    field("52.0201", "Business Administration", "04", "Management & Entrepreneurship"),
    field("52.0401", "Administrative Assistant", "04", "Management & Entrepreneurship"),
    field("13.1210", "Early Childhood Education", "05", "Education"),
    field("13.0101", "Education and Training", "05", "Education"),
    field("52.0302", "Accounting Technology", "06", "Financial Services"),
    field("52.0803", "Banking and Financial Support", "06", "Financial Services"),
    field("44.0401", "Public Administration", "07", "Public Service & Safety"),
    field("51.3902", "Nursing Assistant", "08", "Healthcare & Human Services"),
    field("51.0801", "Medical Assistant", "08", "Healthcare & Human Services"),
    field("51.0000", "Health Services", "08", "Healthcare & Human Services"),
    field("51.0904", "Emergency Medical Technology", "08", "Public Service & Safety"),
    field("12.0503", "Culinary Arts", "09", "Hospitality, Events, & Tourism"),
    field("52.0901", "Hospitality Administration", "09", "Hospitality, Events, & Tourism"),
    field("12.0401", "Cosmetology", "10", "Healthcare & Human Services"),
    field("19.0709", "Child Care Provider", "10", "Education"),
    field("11.0201", "Computer Programming", "11", "Digital Technology"),
    field("11.0901", "Computer Networking", "11", "Digital Technology"),
    field("11.1003", "Computer and Information Security", "11", "Digital Technology"),
    field("43.0107", "Criminal Justice", "12", "Public Service & Safety"),
    field("43.0203", "Fire Science", "12", "Public Service & Safety"),
    field("48.0508", "Welding Technology", "13", "Advanced Manufacturing"),
    field("15.0613", "Manufacturing Technology", "13", "Advanced Manufacturing"),
    field("48.0501", "Machine Tool Technology", "13", "Advanced Manufacturing"),
    field("52.1401", "Marketing", "14", "Marketing & Sales"),
    field("14.0101", "Engineering", "15", "Advanced Manufacturing"),
    field("15.0000", "Engineering Technology", "15", "Advanced Manufacturing"),
    field("47.0604", "Automobile Mechanics", "16", "Supply Chain & Transportation"),
    field("49.0205", "Truck and Bus Operation", "16", "Supply Chain & Transportation"),
    field("52.0203", "Logistics and Materials Management", "16", "Supply Chain & Transportation"),
    field("24.0101", "Liberal Arts and Sciences", "", ""),
    field("51.3801", "Registered Nursing", "08", "Healthcare & Human Services"),
    field("26.0101", "Biology", "", ""),
    field("42.0101", "Psychology", "", ""),
    field("23.0101", "English Language and Literature", "", ""),
    field("52.0301", "Accounting", "06", "Financial Services"),
];

/// Courses in a secondary program.
pub(crate) const COURSES: usize = 5;

/// The title of a course of a program, from 0.
pub(crate) const COURSE_PARTS: [&str; COURSES] =
    ["Introduction to", "Intermediate", "Advanced", "Applied", "Capstone in"];

/// The code of a secondary program.
pub(crate) fn secondary_code(field: usize) -> String {
    format!("CT{:04}", 1001 + field * 13)
}

/// The code of a college program.
pub(crate) fn college_code(field: usize) -> String {
    format!("PS{:04}", 2003 + field * 17)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secondary_fields_have_both_clusters_and_cips_are_distinct() {
        assert!(FIELDS[..SECONDARY].iter().all(|f| !f.cluster16.is_empty() && !f.cluster14.is_empty()));
        let mut cips: Vec<_> = FIELDS.iter().map(|f| f.cip).collect();
        cips.sort_unstable();
        cips.dedup();
        assert_eq!(cips.len(), FIELDS.len());
    }
}
