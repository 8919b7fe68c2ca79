//! A minimal HTTP/1.1 reader for consecutive requests on a connection.

use std::io::{self, BufRead, Read, Write};

/// The maximum size of a body, larger than any request of a test: an endless sender must not exhaust the memory.
const LONGEST_BODY: u64 = 64 * 1024 * 1024;
const LONGEST_LINE: u64 = 64 * 1024;

/// A request whose body is not parsed yet.
#[derive(Debug)]
pub(crate) struct RawRequest {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// Whether the connection can be used again.
    pub(crate) keep_alive: bool,
}

impl RawRequest {
    fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }
}

/// Returns the value of a header; its name is not case-sensitive.
pub(crate) fn find<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

/// Reads the next request. Returns `None` if the connection was closed between two requests.
pub(crate) fn read_request(
    reader: &mut impl BufRead,
    writer: &mut impl Write,
) -> io::Result<Option<RawRequest>> {
    let Some(first) = read_line(reader)? else {
        return Ok(None);
    };
    let mut words = first.split(' ');
    let (Some(method), Some(path), Some(version)) = (words.next(), words.next(), words.next()) else {
        return Err(malformed(format!("not a request line: {first:?}")));
    };
    let mut request = RawRequest {
        method: method.to_owned(),
        path: path.to_owned(),
        headers: Vec::new(),
        body: Vec::new(),
        keep_alive: version == "HTTP/1.1",
    };
    loop {
        let line = read_line(reader)?.ok_or_else(|| cut("the headers end too early"))?;
        if line.is_empty() {
            break;
        }
        let (name, value) =
            line.split_once(':').ok_or_else(|| malformed(format!("not a header: {line:?}")))?;
        request.headers.push((name.to_owned(), value.trim().to_owned()));
    }
    if request.header("Connection").is_some_and(|value| value.eq_ignore_ascii_case("close")) {
        request.keep_alive = false;
    }
    if request.header("Expect").is_some_and(|value| value.eq_ignore_ascii_case("100-continue")) {
        writer.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
    }
    request.body = if request
        .header("Transfer-Encoding")
        .is_some_and(|value| value.to_ascii_lowercase().ends_with("chunked"))
    {
        read_chunked(reader)?
    } else {
        match request.header("Content-Length").map(str::parse::<u64>) {
            None => Vec::new(),
            Some(Ok(length)) => read_exactly(reader, length)?,
            Some(Err(_)) => return Err(malformed("the content length is not a number")),
        }
    };
    Ok(Some(request))
}

fn read_chunked(reader: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = read_line(reader)?.ok_or_else(|| cut("the chunks end too early"))?;
        let size = line.split(';').next().unwrap_or_default().trim();
        let size = u64::from_str_radix(size, 16)
            .map_err(|_| malformed(format!("not the size of a chunk: {line:?}")))?;
        if size == 0 {
            // Trailers, up to an empty line.
            while read_line(reader)?.is_some_and(|line| !line.is_empty()) {}
            return Ok(body);
        }
        if body.len() as u64 + size > LONGEST_BODY {
            return Err(malformed("the body is too long"));
        }
        body.extend(read_exactly(reader, size)?);
        if read_line(reader)?.is_none_or(|line| !line.is_empty()) {
            return Err(malformed("a chunk is longer than it says"));
        }
    }
}

fn read_exactly(reader: &mut impl BufRead, length: u64) -> io::Result<Vec<u8>> {
    if length > LONGEST_BODY {
        return Err(malformed("the body is too long"));
    }
    let mut body = Vec::new();
    reader.take(length).read_to_end(&mut body)?;
    if body.len() as u64 == length { Ok(body) } else { Err(cut("the body is shorter than it says")) }
}

/// Returns a line without its end; `None` at the end of the connection.
fn read_line(reader: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    reader.take(LONGEST_LINE).read_until(b'\n', &mut line)?;
    if line.is_empty() {
        return Ok(None);
    }
    let whole = line.len() as u64 == LONGEST_LINE;
    if line.pop() != Some(b'\n') {
        return Err(if whole { malformed("a line without an end") } else { cut("a line ends too early") });
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    String::from_utf8(line).map(Some).map_err(|_| malformed("a line that is not text"))
}

/// Returns the error for a connection that ended in the middle of a request.
fn cut(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, what)
}

fn malformed(what: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> io::Result<Option<RawRequest>> {
        read_request(&mut text.as_bytes(), &mut Vec::new())
    }

    #[test]
    fn bodies_are_read_by_length_and_by_chunks() {
        let request = read("POST /a HTTP/1.1\r\ncontent-length: 3\r\n\r\nabcdef").unwrap().unwrap();
        assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/a"));
        assert_eq!(request.body, b"abc");
        assert!(request.keep_alive);
        let chunked = "POST /a HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n";
        let request = read(chunked).unwrap().unwrap();
        assert_eq!(request.body, b"abc0123456789");
        assert!(!request.keep_alive);
    }

    #[test]
    fn what_is_malformed_is_an_error() {
        assert!(read("").unwrap().is_none());
        for text in [
            "POST\r\n\r\n",
            "POST / HTTP/1.1\r\nnonsense\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc",
            "POST / HTTP/1.1\r\nContent-Length: nine\r\n\r\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n",
            "POST / HTTP/1.1",
        ] {
            assert!(read(text).is_err(), "{text:?}");
        }
    }
}
