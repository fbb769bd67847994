package org.litestream4j.cli;

import java.io.FilterWriter;
import java.io.IOException;
import java.io.PrintWriter;

/**
 * Keeps from a terminal what would steer it: names of files, urls and a store's words may
 * hold anything. A '?' is written for it. As thread-safe as the writer below it.
 */
final class SafeWriter extends FilterWriter {

	private final PrintWriter printer;

	private SafeWriter(PrintWriter out) {
		super(out);
		this.printer = out;
	}

	/** A writer that can be closed or not: nothing is kept back. */
	static PrintWriter around(PrintWriter out) {
		return new PrintWriter(new SafeWriter(out), true);
	}

	@Override
	public void write(int character) throws IOException {
		super.write(isSafe((char) character) ? character : '?');
	}

	@Override
	public void write(char[] text, int offset, int length) throws IOException {
		write(String.valueOf(text, offset, length), 0, length);
	}

	@Override
	public void write(String text, int offset, int length) throws IOException {
		super.write(clean(text.substring(offset, offset + length)), 0, length);
	}

	/** Says that nobody reads any more, which a printer keeps to itself. */
	@Override
	public void flush() throws IOException {
		if (this.printer.checkError()) { // flushes
			throw new IOException();
		}
	}

	private static String clean(String text) {
		StringBuilder clean = new StringBuilder(text);
		for (int i = 0; i < text.length(); i++) {
			boolean endOfLine = text.startsWith("\r\n", i);
			if (!endOfLine && !isSafe(text.charAt(i))) {
				clean.setCharAt(i, '?');
			}
		}
		return clean.toString();
	}

	private static boolean isSafe(char character) {
		boolean steers = Character.isISOControl(character) && character != '\n' && character != '\t';
		boolean reorders = (character >= '\u202a' && character <= '\u202e')
				|| (character >= '\u2066' && character <= '\u2069');
		boolean separates = character == '\u2028' || character == '\u2029';
		return !steers && !reorders && !separates;
	}

}
