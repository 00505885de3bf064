// Package openreferral reads catalogues of local services, one record at a time, into plain structs.
//
// It takes Open Referral UK 3.0 and HSDS 3.1 documents in JSON (a page of a list, one full record, an array,
// or the tabular package written as one JSON object), the tabular package as a ZIP archive of CSV files, and
// Outpost's CSV. Every record is checked and cleaned on the way in: what was changed is said in the row's notes,
// what could not be taken is refused with a reason and with what to mend. The memory used does not grow with the length of the document.
//
// The vocabulary is that of https://docs.openreferral.org and https://openreferraluk.org; spelling is British.
// The structs marshal back to the same JSON that is read.
package openreferral
