use std::io::{self, Write as _};

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::{Feed, Page};

/// Builds the import file of some pages: their rows under one header, gzipped. The same pages give the same bytes.
pub struct Gathered(GzEncoder<Vec<u8>>);

impl Gathered {
    /// The file of `feed`, without rows yet.
    pub fn new(feed: Feed) -> io::Result<Self> {
        let mut file = GzEncoder::new(Vec::new(), Compression::fast());
        writeln!(file, "{}", Page::columns(feed).join(","))?;
        Ok(Self(file))
    }

    /// Adds a page's rows.
    pub fn add(&mut self, page: &Page) -> io::Result<()> {
        self.0.write_all(&page.csv)
    }

    /// The file.
    pub fn finish(self) -> io::Result<Vec<u8>> {
        self.0.finish()
    }
}
