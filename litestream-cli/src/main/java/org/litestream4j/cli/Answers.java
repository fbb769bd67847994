package org.litestream4j.cli;

import java.io.PrintWriter;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;

import org.litestream4j.history.QueryAnswer;

/** Shows what queries answered. */
final class Answers {

	private static final int LONGEST_TEXT = 200;

	private static final int LONGEST_BLOB = 32;

	private Answers() {
	}

	/** In columns, with NULL and blobs as SQL has them. */
	static void print(QueryAnswer answer, PrintWriter out) {
		if (answer.columns().isEmpty()) {
			return;
		}
		Table table = new Table(answer.columns().stream().map(Text::line).toArray(String[]::new));
		answer.rows().forEach((row) -> table.add(row.stream().map(Answers::text).toArray()));
		table.print(out);
	}

	/** On one line. */
	static String line(QueryAnswer answer) {
		if (answer.error() != null) {
			return Text.line(answer.error());
		}
		if (answer.count() != 1) {
			return answer.count() + " rows";
		}
		List<?> row = answer.rows().get(0);
		StringBuilder line = new StringBuilder();
		for (int i = 0; i < row.size(); i++) {
			line.append((i > 0) ? ", " : "").append(Text.line(answer.columns().get(i))).append(" = ");
			line.append(text(row.get(i)));
		}
		return line.toString();
	}

	/** A value on one line, and not endless. */
	static String text(@Nullable Object value) {
		if (value == null) {
			return "NULL";
		}
		if (value instanceof byte[] blob) {
			String hex = HexFormat.of().formatHex(blob, 0, Math.min(blob.length, LONGEST_BLOB));
			return (blob.length > LONGEST_BLOB) ? "x'%s...' (%d bytes)".formatted(hex, blob.length)
					: "x'%s'".formatted(hex);
		}
		String text = Text.line(value.toString());
		return (text.length() > LONGEST_TEXT) ? text.substring(0, LONGEST_TEXT) + "..." : text;
	}

	/** For JSON: whole values, blobs as base64 in an object of their own. */
	static Map<String, @Nullable Object> json(QueryAnswer answer) {
		Map<String, @Nullable Object> json = new LinkedHashMap<>();
		json.put("columns", answer.columns());
		json.put("rows", answer.rows().stream().map((row) -> row.stream().map(Answers::json).toList()).toList());
		json.put("count", answer.count());
		json.put("error", answer.error());
		return json;
	}

	private static @Nullable Object json(@Nullable Object value) {
		return (value instanceof byte[] blob) ? Map.of("blob", Base64.getEncoder().encodeToString(blob)) : value;
	}

}
