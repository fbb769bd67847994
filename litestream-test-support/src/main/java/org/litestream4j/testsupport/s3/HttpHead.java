package org.litestream4j.testsupport.s3;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

import org.jspecify.annotations.Nullable;

/**
 * The part of an HTTP/1.1 message before its body.
 *
 * @param raw all of it as read, the empty line included, a character for a byte
 * @param startLine the first line
 * @param headers by lower-case name; the last one wins
 */
record HttpHead(String raw, String startLine, Map<String, String> headers) {

	private static final int MAX_BYTES = 64 << 10;

	/** Reads a head, or returns null when the peer has ended the connection. */
	static @Nullable HttpHead read(InputStream in) throws IOException {
		ByteArrayOutputStream raw = new ByteArrayOutputStream(1024);
		int matched = 0;
		while (matched < 4) {
			int next = in.read();
			if (next < 0) {
				if (raw.size() == 0) {
					return null;
				}
				throw new EOFException("the connection ended inside a message's head");
			}
			raw.write(next);
			matched = (next == "\r\n\r\n".charAt(matched)) ? matched + 1 : (next == '\r') ? 1 : 0;
			if (raw.size() > MAX_BYTES) {
				throw new IOException("a message's head is larger than %d bytes".formatted(MAX_BYTES));
			}
		}
		return parse(raw.toString(StandardCharsets.ISO_8859_1));
	}

	private static HttpHead parse(String raw) {
		String[] lines = raw.split("\r\n");
		Map<String, String> headers = new TreeMap<>();
		for (int i = 1; i < lines.length; i++) {
			int colon = lines[i].indexOf(':');
			if (colon > 0) {
				headers.put(lines[i].substring(0, colon).toLowerCase(Locale.ROOT),
						lines[i].substring(colon + 1).strip());
			}
		}
		return new HttpHead(raw, lines[0], headers);
	}

	int status() {
		return Integer.parseInt(this.startLine.split(" ")[1]);
	}

	boolean isChunked() {
		return this.headers.getOrDefault("transfer-encoding", "").toLowerCase(Locale.ROOT).contains("chunked");
	}

	boolean expectsContinue() {
		return this.headers.getOrDefault("expect", "").equalsIgnoreCase("100-continue");
	}

	boolean closesConnection() {
		return this.headers.getOrDefault("connection", "").equalsIgnoreCase("close");
	}

	/** The body's length in bytes, or -1 if the head does not say. */
	long contentLength() {
		return Long.parseLong(this.headers.getOrDefault("content-length", "-1"));
	}

	/** Bytes of a request's body; a request without a length has none. */
	long requestBodyLength() {
		return Math.max(0, contentLength());
	}

	/** Bytes of a response's body, or -1 if it lasts until the connection ends. */
	long responseBodyLength(boolean toHead) {
		if (toHead || status() == 204 || status() == 304) {
			return 0;
		}
		return contentLength();
	}

	void writeTo(OutputStream out) throws IOException {
		out.write(this.raw.getBytes(StandardCharsets.ISO_8859_1));
	}

}
