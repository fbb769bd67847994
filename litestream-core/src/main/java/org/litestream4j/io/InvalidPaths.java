package org.litestream4j.io;

import java.nio.file.InvalidPathException;

/** What is wrong with a text that is not a path. */
public final class InvalidPaths {

	private InvalidPaths() {
	}

	/**
	 * One clause, without the text. The JDK encodes names by the locale that it was
	 * started in, and blames the name if that has no such characters.
	 */
	public static String reason(InvalidPathException ex) {
		return ex.getReason().contains("unmappable")
				? "this process's locale lacks some of its characters; start it with LC_ALL=C.UTF-8" : ex.getReason();
	}

}
