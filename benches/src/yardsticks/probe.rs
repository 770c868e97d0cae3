//! The bound of a fold: find the credential's record through an index, and write to it.

use enterprise_credentials::Event;

/// As large as the core's record.
#[derive(Debug, Clone, Copy, Default)]
struct Record {
    id: u64,
    word: u64,
    granted: u64,
}

/// Records of 24 bytes in order of issue, and an index of four-byte places, all of it allocated beforehand.
#[derive(Debug)]
pub struct Probe {
    places: Vec<u32>,
    records: Vec<Record>,
}

/// No record.
const FREE: u32 = u32::MAX;

impl Probe {
    /// Room for this many credentials, at most half of the index in use.
    pub fn new(credentials: u64) -> Self {
        let credentials = usize::try_from(credentials).expect("it fits memory");
        Self {
            places: vec![FREE; (2 * credentials).next_power_of_two()],
            records: Vec::with_capacity(credentials),
        }
    }

    /// One probe and one write, whatever the event.
    pub fn fold(&mut self, event: &Event) {
        match event {
            Event::CredentialIssued { credential, owner, .. } => {
                let id = credential.value();
                let place = self.place(id);
                self.places[place] = u32::try_from(self.records.len()).expect("few records");
                let word = owner.value();
                self.records.push(Record { id, word, granted: 0 });
            }
            Event::CredentialAuthorized {
                credential,
                organization,
            } => {
                let place = self.places[self.place(credential.value())];
                self.records[place as usize].granted = organization.value();
            }
            _ => {}
        }
    }

    /// One probe and one read.
    pub fn look_up(&self, id: u64) -> u64 {
        let place = self.places[self.place(id)];
        self.records[place as usize].word
    }

    fn place(&self, id: u64) -> usize {
        let mask = self.places.len() - 1;
        let product = id.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mut place = usize::try_from(product ^ product >> 32).expect("64 bits") & mask;
        while self.places[place] != FREE && self.records[self.places[place] as usize].id != id {
            place = (place + 1) & mask;
        }
        place
    }
}
