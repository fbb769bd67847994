package org.litestream4j.store.s3;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;

import software.amazon.awssdk.core.exception.AbortedException;

/**
 * Looks at an answer's body before the SDK does, which takes any XML for what it expects,
 * and an empty body for an answer without anything in it. All is bounded: bytes, elements
 * and how deep they are nested. Thread-safe.
 */
final class S3Xml {

	/** The code given to an error that S3 could not have answered. */
	static final String NOT_S3 = "NotAnS3Answer";

	/* 1,000 keys of 1,024 characters, each written as three, and what belongs to them */
	private static final int MAX_ANSWER = 8 << 20;

	private static final int MAX_ERROR = 64 << 10;

	/* 1,000 objects with each element that S3 knows are fewer than 20,000 */
	private static final int MAX_ELEMENTS = 100_000;

	private static final int MAX_DEPTH = 16;

	private static final String WRAPPED_ERROR = "ErrorResponse";

	private static final int MAX_TEXT = 300;

	private static final String LISTING = "a listing";

	private static final String DELETION = "the result of a deletion";

	private static final Pattern TITLE = Pattern.compile("(?is)<title[^>]*>(.*?)</title>|<h1[^>]*>(.*?)</h1>");

	private static final XMLInputFactory XML = factory();

	private S3Xml() {
	}

	private static XMLInputFactory factory() {
		XMLInputFactory factory = XMLInputFactory.newDefaultFactory();
		factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
		factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
		return factory;
	}

	/**
	 * Reads a listing whole.
	 * @param body of a successful answer
	 * @param root what its outermost element must be
	 * @param required what must be directly in it, beside {@code IsTruncated}
	 * @throws S3AnswerException if it is anything else
	 * @throws IOException if the connection breaks
	 */
	static InputStream listing(InputStream body, String root, String... required) throws IOException {
		byte[] bytes = whole(body, LISTING);
		Map<String, String> found = content(bytes, root, LISTING);
		for (String name : required) {
			if (!found.containsKey(name)) {
				throw new S3AnswerException("a listing without %s".formatted(name));
			}
		}
		String truncated = found.getOrDefault("IsTruncated", "");
		if (!truncated.equalsIgnoreCase("true") && !truncated.equalsIgnoreCase("false")) {
			throw new S3AnswerException("a listing that does not say whether it is complete");
		}
		return new ByteArrayInputStream(bytes);
	}

	/**
	 * Reads what a store answers to a batch of deletions whole. In the quiet form it may
	 * have nothing in it, so the outermost element is all that tells it from the answer
	 * of something that has deleted nothing.
	 * @throws S3AnswerException if it is anything else
	 * @throws IOException if the connection breaks
	 */
	static InputStream deletion(InputStream body) throws IOException {
		byte[] bytes = whole(body, DELETION);
		content(bytes, "DeleteResult", DELETION);
		return new ByteArrayInputStream(bytes);
	}

	/** The bytes of an answer that must not be empty. */
	private static byte[] whole(InputStream body, String wanted) throws IOException {
		byte[] bytes = read(body, MAX_ANSWER + 1);
		if (bytes.length > MAX_ANSWER) {
			throw new S3AnswerException("%s of more than %d bytes".formatted(wanted, MAX_ANSWER));
		}
		if (isBlank(bytes)) {
			throw new S3AnswerException("an empty answer instead of %s".formatted(wanted));
		}
		return bytes;
	}

	private static Map<String, String> content(byte[] bytes, String root, String wanted) {
		try {
			return leaves(bytes, root);
		}
		catch (XMLStreamException ex) {
			throw new S3AnswerException("%s instead of %s".formatted(describe(bytes), wanted));
		}
	}

	/**
	 * An error as S3 words it, short and without control characters, whatever the body of
	 * the answer is: the page of a proxy becomes an error {@link #NOT_S3}.
	 */
	static InputStream error(InputStream body) throws IOException {
		byte[] bytes = read(body, MAX_ERROR);
		if (isBlank(bytes)) {
			return new ByteArrayInputStream(new byte[0]);
		}
		Map<String, String> error;
		try {
			error = leaves(bytes, "Error", WRAPPED_ERROR);
		}
		catch (XMLStreamException | S3AnswerException ex) {
			error = Map.of();
		}
		if (!error.containsKey("Code")) {
			error = Map.of("Code", NOT_S3, "Message", describe(bytes));
		}
		StringBuilder xml = new StringBuilder("<Error>");
		error.forEach((name, text) -> xml.append("<%s>%s</%s>".formatted(name, escape(text), name)));
		return new ByteArrayInputStream(xml.append("</Error>").toString().getBytes(StandardCharsets.UTF_8));
	}

	/** The first so many bytes, or fewer. Ends early if the thread is interrupted. */
	private static byte[] read(InputStream in, int limit) throws IOException {
		byte[] bytes = new byte[Math.min(limit, 64 << 10)];
		int length = 0;
		int read = 0;
		while (read >= 0 && length < limit) {
			if (Thread.currentThread().isInterrupted()) {
				throw AbortedException.create("interrupted");
			}
			if (length == bytes.length) {
				bytes = Arrays.copyOf(bytes, Math.min(limit, length * 2));
			}
			read = in.read(bytes, length, bytes.length - length);
			length += Math.max(read, 0);
		}
		return Arrays.copyOf(bytes, length);
	}

	private static boolean isBlank(byte[] bytes) {
		for (byte b : bytes) {
			if (!Character.isWhitespace(b)) {
				return false;
			}
		}
		return true;
	}

	/**
	 * The elements directly in the root that hold no others: by name, with the text of
	 * the last one of each name, cut. Those of an error may be in another element. Visits
	 * all of the document.
	 * @throws XMLStreamException if the root is none of those expected, or this is no XML
	 * @throws S3AnswerException if there is too much of it
	 */
	private static Map<String, String> leaves(byte[] bytes, String... roots) throws XMLStreamException {
		Map<String, String> leaves = new LinkedHashMap<>();
		XMLStreamReader xml = XML.createXMLStreamReader(new ByteArrayInputStream(bytes));
		try {
			Walk walk = new Walk(roots, leaves);
			while (xml.hasNext()) {
				walk.see(xml.next(), xml);
			}
		}
		finally {
			xml.close();
		}
		return leaves;
	}

	/** Not thread-safe. */
	private static final class Walk {

		private final String[] roots;

		private final Map<String, String> leaves;

		private final StringBuilder text = new StringBuilder();

		/** How deep those elements are that matter; the root is at 1. */
		private int leafDepth;

		private int depth;

		private int elements;

		private boolean leaf;

		Walk(String[] roots, Map<String, String> leaves) {
			this.roots = roots;
			this.leaves = leaves;
		}

		void see(int event, XMLStreamReader xml) throws XMLStreamException {
			switch (event) {
				case XMLStreamConstants.START_ELEMENT -> start(xml.getLocalName());
				case XMLStreamConstants.END_ELEMENT -> end(xml.getLocalName());
				case XMLStreamConstants.CHARACTERS, XMLStreamConstants.CDATA -> {
					if (this.text.length() < MAX_TEXT) {
						this.text.append(xml.getTextCharacters(), xml.getTextStart(),
								Math.min(xml.getTextLength(), MAX_TEXT));
					}
				}
				default -> {
					// says nothing
				}
			}
		}

		private void start(String name) throws XMLStreamException {
			if (this.depth == 0 && !Arrays.asList(this.roots).contains(name)) {
				throw new XMLStreamException("the root is " + name);
			}
			if (this.depth == 0) {
				this.leafDepth = name.equals(WRAPPED_ERROR) ? 3 : 2;
			}
			this.depth++;
			this.elements++;
			if (this.depth > MAX_DEPTH || this.elements > MAX_ELEMENTS) {
				throw new S3AnswerException("XML of more elements, or nested deeper, than any answer");
			}
			this.leaf = true;
			this.text.setLength(0);
		}

		private void end(String name) {
			if (this.leaf && this.depth == this.leafDepth) {
				this.leaves.put(name, clean(this.text.toString()));
			}
			this.leaf = false;
			this.depth--;
		}

	}

	/** What a body is that is not what was expected: for a sentence. */
	private static String describe(byte[] bytes) {
		String text = new String(bytes, 0, Math.min(bytes.length, 8 << 10), StandardCharsets.UTF_8);
		String start = text.stripLeading().toLowerCase(Locale.ROOT);
		if (start.contains("<html")) {
			Matcher title = TITLE.matcher(text);
			String found = title.find() ? clean((title.group(1) != null) ? title.group(1) : title.group(2)) : "";
			return found.isEmpty() ? "a web page" : "a web page '%s'".formatted(found);
		}
		Matcher root = Pattern.compile("<([A-Za-z][\\w.:-]{0,60})").matcher(text);
		if (start.startsWith("<") && root.find()) {
			String message = text.replaceAll("<[^>]*>", " ");
			return "XML <%s> (%s)".formatted(root.group(1), clean(message));
		}
		return "'%s'".formatted(clean(text));
	}

	/** One line of text that may be shown: bounded, and without control characters. */
	static String clean(String text) {
		String line = text.substring(0, Math.min(text.length(), 4 * MAX_TEXT))
			.replaceAll("[\\p{Cntrl}\\p{Cf}\\p{Zl}\\p{Zp}\\s\\uFFFD]+", " ")
			.strip();
		return (line.length() <= MAX_TEXT) ? line : line.substring(0, MAX_TEXT) + "...";
	}

	private static String escape(String text) {
		return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
	}

}
