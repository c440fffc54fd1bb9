//! Parses XML that arrives in pieces, in bounded memory. There are no document type definitions, so there are no
//! entities but the five of XML itself.

use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8};
use quick_xml::Reader;
use quick_xml::errors::{Error, IllFormedError, SyntaxError};
use quick_xml::events::{BytesRef, BytesStart, Event};

use crate::Refusal;

/// The maximum size of a tag, a text or a comment, in bytes.
const MAX_EVENT_BYTES: usize = 64 * 1024;
/// The maximum depth of elements; a statement needs 13.
const MAX_DEPTH: usize = 32;
/// The maximum number of attributes: each is compared with all before it.
const MAX_ATTRIBUTES: usize = 32;
/// The maximum length of a name.
const MAX_NAME_BYTES: usize = 100;
/// The maximum length of a value: more is cut.
const MAX_VALUE_BYTES: usize = 4 * 1024;
/// The bytes that contain the XML declaration.
const HEAD_BYTES: usize = 1024;

/// A start or an end of an element.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Node {
    Start,
    End,
}

/// A position in the text, from 1.
#[derive(Clone, Copy)]
pub(crate) struct Position {
    pub(crate) line: u64,
    column: u64,
}

/// An XML document that is being read.
pub(crate) struct Xml {
    /// The first bytes, until the encoding is known.
    head: Vec<u8>,
    decoder: Option<Decoder>,
    /// The text ends at bytes that are not of its encoding.
    is_malformed: bool,
    /// The text that is not yet read, from `start`.
    text: String,
    start: usize,
    ended: bool,
    /// The names of the open elements without prefixes, each after a slash.
    path: String,
    depth: usize,
    /// The last node.
    node: Option<Node>,
    is_empty_element: bool,
    attributes: Vec<(String, String)>,
    value: String,
    /// The position of the last node.
    at: Position,
    /// The position of the next event.
    next: Position,
}

impl Xml {
    pub(crate) fn new() -> Self {
        let first = Position { line: 1, column: 1 };
        Self {
            head: Vec::new(),
            decoder: None,
            is_malformed: false,
            text: String::new(),
            start: 0,
            ended: false,
            path: String::new(),
            depth: 0,
            node: None,
            is_empty_element: false,
            attributes: Vec::new(),
            value: String::new(),
            at: first,
            next: first,
        }
    }

    /// The path of the node's element: `/Document/BkToCstmrStmt`.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// The text of an element without children, at its end.
    pub(crate) fn value(&self) -> &str {
        self.value.trim()
    }

    /// An attribute of the element that started last.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes().find(|it| it.0 == name).map(|it| it.1)
    }

    /// The attributes of the element that started last, by name.
    pub(crate) fn attributes(&self) -> impl Iterator<Item = (&str, &str)> {
        self.attributes.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Whether the document is complete.
    pub(crate) fn is_read(&self) -> bool {
        self.ended && self.depth == 0
    }

    pub(crate) fn line(&self) -> u64 {
        self.at.line
    }

    /// Adds the next piece of the document.
    pub(crate) fn feed(&mut self, piece: &[u8]) {
        self.text.drain(..self.start);
        self.start = 0;
        if self.decoder.is_some() {
            return self.decode(piece);
        }
        self.head.extend_from_slice(piece);
        if self.head.contains(&b'>') || self.head.len() >= HEAD_BYTES {
            self.begin();
        }
    }

    /// Ends the document.
    pub(crate) fn end(&mut self) {
        if self.decoder.is_none() {
            self.begin();
        }
        self.ended = true;
        self.decode(&[]);
    }

    fn begin(&mut self) {
        let head = std::mem::take(&mut self.head);
        self.decoder = Some(encoding(&head).new_decoder_without_bom_handling());
        self.decode(&head);
    }

    fn decode(&mut self, piece: &[u8]) {
        let Some(decoder) = self.decoder.as_mut().filter(|_| !self.is_malformed) else { return };
        self.text.reserve(decoder.max_utf8_buffer_length_without_replacement(piece.len()).unwrap_or(0));
        let (result, _) = decoder.decode_to_string_without_replacement(piece, &mut self.text, self.ended);
        self.is_malformed = result != DecoderResult::InputEmpty;
    }

    /// The next node; `None` if it needs more text.
    pub(crate) fn next_node(&mut self) -> Result<Option<Node>, Refusal> {
        if self.node == Some(Node::End) {
            self.value.clear();
            let parent = self.path.rfind('/').unwrap_or(0);
            self.path.truncate(parent);
            self.depth = self.depth.saturating_sub(1);
        }
        self.node = if std::mem::take(&mut self.is_empty_element) { Some(Node::End) } else { None };
        let text = std::mem::take(&mut self.text);
        while self.node.is_none() {
            let rest = text.get(self.start..).unwrap_or_default();
            let mut reader = Reader::from_str(rest);
            reader.config_mut().check_end_names = false;
            reader.config_mut().allow_unmatched_ends = true;
            let event = reader.read_event();
            let length = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
            let read = match event {
                Ok(Event::Eof) => self.wait(rest, None).map(|()| false),
                Ok(Event::Text(_)) if length == rest.len() && !self.is_last(rest) => {
                    self.wait(rest, None).map(|()| false)
                }
                Err(Error::Syntax(SyntaxError::UnclosedDoctype)) => Err(self.next.refusal(DOCTYPE)),
                Err(error @ (Error::Syntax(_) | Error::IllFormed(IllFormedError::UnclosedReference))) => {
                    self.wait(rest, Some(&error)).map(|()| false)
                }
                Err(error) => Err(self.next.refusal(&error.to_string())),
                Ok(_) if length > MAX_EVENT_BYTES => Err(self.next.refusal(TOO_LONG)),
                Ok(event) => {
                    self.at = self.next;
                    self.next = self.at.after(rest.get(..length).unwrap_or_default());
                    self.start = self.start.saturating_add(length);
                    self.event(&event).map(|()| true)
                }
            };
            match read {
                Ok(true) => {}
                Ok(false) => break,
                Err(refusal) => return Err(refusal),
            }
        }
        self.text = text;
        Ok(self.node)
    }

    /// Whether a text at the end of `rest` is complete.
    fn is_last(&self, rest: &str) -> bool {
        self.ended && !self.is_malformed && rest.trim_ascii().is_empty()
    }

    /// Waits for more text after `rest`, which is incomplete, or refuses it.
    fn wait(&self, rest: &str, error: Option<&Error>) -> Result<(), Refusal> {
        if rest.len() > MAX_EVENT_BYTES {
            return Err(self.next.refusal(TOO_LONG));
        }
        if self.is_malformed {
            return Err(self.next.after(rest).refusal("the bytes are not of the encoding that the file states"));
        }
        match (self.ended, error, self.path.rsplit_once('/')) {
            (false, ..) => Ok(()),
            (_, Some(error), _) => Err(self.next.refusal(&error.to_string())),
            (_, _, Some((_, name))) => Err(self.next.after(rest).refusal(&format!("it ends inside of <{name}>"))),
            (_, None, None) if rest.trim_ascii().is_empty() => Ok(()),
            (_, None, None) => Err(self.next.refusal("it has text outside of its elements")),
        }
    }

    fn event(&mut self, event: &Event<'_>) -> Result<(), Refusal> {
        match event {
            Event::Start(tag) => self.open(tag),
            Event::Empty(tag) => {
                self.is_empty_element = true;
                self.open(tag)
            }
            Event::End(tag) => {
                let (found, open) = (local(tag.name().0), self.path.rsplit('/').next().unwrap_or_default());
                if found != open || self.depth == 0 {
                    return Err(self.at.refusal(&format!("</{}> ends <{open}>", cut(found))));
                }
                self.node = Some(Node::End);
                Ok(())
            }
            Event::Text(text) => self.text_of(text),
            Event::CData(text) => self.text_of(text),
            Event::GeneralRef(name) => {
                let mut buffer = [0; 4];
                let text = referenced(name).map(|it| &*it.encode_utf8(&mut buffer));
                let text = text.ok_or_else(|| self.at.refusal(&format!("the entity &{}; is unknown", cut(name))))?;
                self.text_of(text)
            }
            Event::DocType(_) => Err(self.at.refusal(DOCTYPE)),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::Eof => Ok(()),
        }
    }

    fn open(&mut self, tag: &BytesStart<'_>) -> Result<(), Refusal> {
        let name = tag.name();
        let name = local(name.0);
        if name.len() > MAX_NAME_BYTES || self.depth >= MAX_DEPTH {
            return Err(self.at.refusal(&format!("the elements are deeper than {MAX_DEPTH} or have long names")));
        }
        self.depth = self.depth.saturating_add(1);
        self.path.push('/');
        self.path.push_str(name);
        self.value.clear();
        self.attributes.clear();
        for attribute in tag.attributes() {
            let attribute = attribute.map_err(|error| self.at.refusal(&error.to_string()))?;
            if self.attributes.len() >= MAX_ATTRIBUTES {
                return Err(self.at.refusal(&format!("<{}> has more than {MAX_ATTRIBUTES} attributes", cut(name))));
            }
            self.attributes.push((attribute.key.0.to_string(), attribute.value.into_owned()));
        }
        self.node = Some(Node::Start);
        Ok(())
    }

    fn text_of(&mut self, text: &str) -> Result<(), Refusal> {
        if self.depth == 0 && !text.trim_ascii().is_empty() {
            return Err(self.at.refusal("it has text outside of its elements"));
        }
        let room = MAX_VALUE_BYTES.saturating_sub(self.value.len());
        self.value.push_str(text.get(..text.floor_char_boundary(room)).unwrap_or_default());
        Ok(())
    }
}

const DOCTYPE: &str = "it has a document type definition, which no bank file has";
const TOO_LONG: &str = "a tag or text is longer than 64 KB";

impl Position {
    fn after(self, text: &str) -> Self {
        let breaks = memchr::memchr_iter(b'\n', text.as_bytes()).count();
        let tail = text.rsplit('\n').next().unwrap_or_default().chars().count();
        let [breaks, tail] = [breaks, tail].map(|it| u64::try_from(it).unwrap_or(u64::MAX));
        let column = if breaks == 0 { self.column } else { 1 };
        Self { line: self.line.saturating_add(breaks), column: column.saturating_add(tail) }
    }

    pub(crate) fn refusal(self, what: &str) -> Refusal {
        Refusal::BadXml { line: self.line, column: self.column, what: what.to_owned() }
    }
}

/// A name without its prefix.
pub(crate) fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

fn cut(name: &str) -> &str {
    name.get(..name.floor_char_boundary(MAX_NAME_BYTES)).unwrap_or_default()
}

/// The character of a reference: of the five entities of XML, or by number.
fn referenced(name: &BytesRef<'_>) -> Option<char> {
    match &**name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => name.resolve_char_ref().ok().flatten(),
    }
}

/// The encoding that the XML declaration states; UTF-8 if it states none.
fn encoding(head: &[u8]) -> &'static Encoding {
    let declaration = head.split(|it| *it == b'>').next().filter(|it| it.starts_with(b"<?xml")).unwrap_or_default();
    let declaration = String::from_utf8_lossy(declaration);
    let label = declaration.split_once("encoding").and_then(|(_, it)| it.split(['"', '\'']).nth(1));
    let label = label.and_then(|it| Encoding::for_label(it.as_bytes()));
    label.filter(|it| it.is_ascii_compatible()).unwrap_or(UTF_8)
}
