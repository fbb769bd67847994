package org.litestream4j.live;

import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.zip.CRC32;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.Generation;
import org.litestream4j.format.WalPosition;
import org.litestream4j.observe.LitestreamListener.GenerationReason;

/**
 * What the meta directory says of the shadow WAL as a whole. All of it is in one file,
 * which is replaced at once: what is noted of a run and what that run does to the numbers
 * can never be at odds.
 *
 * @param generation the current one; null if there is none
 * @param begun by when everything before it had been committed; null: when the file was
 * written
 * @param numbering which index each file is
 * @param history the runs
 * @param left why the generation before was given up; null if none was
 */
record LocalState(@Nullable Generation generation, @Nullable Instant begun, Numbering numbering, RunHistory history,
		@Nullable Left left) {

	/*-
	 * Only the name, if nothing else is worth saying. Else lines, of which an older version
	 * makes nothing, so that it starts a new generation, whose keys nobody guards:
	 *
	 * generation <16 hex>
	 * begun      <time, ISO>
	 * begins     <file number>
	 * move       <from file number> <by>
	 * left       <reason> <sentence>
	 * forgotten
	 * run        <id>
	 * moved      <16 hex> <from index> <by>             by the run before
	 * adopted    <position> <writer, or -> <index>      by the run before
	 * crc32      <8 hex digits>
	 */

	static final LocalState NONE = new LocalState(null, null, Numbering.PLAIN, RunHistory.NONE, null);

	private static final String CHECKSUM = "crc32 ";

	/**
	 * Why a generation is given up.
	 *
	 * @param reason what kind of reason
	 * @param detail a sentence
	 */
	record Left(GenerationReason reason, String detail) {
	}

	LocalState withHistory(RunHistory changed) {
		return new LocalState(this.generation, this.begun, this.numbering, changed, this.left);
	}

	/** The same as of a generation that begins. */
	LocalState startingAt(Generation started, @Nullable Instant since, Numbering numbers) {
		return new LocalState(started, since, numbers, this.history.withoutNumbers(), null);
	}

	/** The same without a generation. */
	LocalState leaving(@Nullable Left why) {
		return new LocalState(null, null, Numbering.PLAIN, this.history.withoutNumbers(), why);
	}

	/** Reads what {@link #text} wrote; null if it is anything else. */
	@Nullable static LocalState parse(String text) {
		if (Generation.isValid(text.strip())) {
			return new LocalState(new Generation(text.strip()), null, Numbering.PLAIN, RunHistory.NONE, null);
		}
		int end = text.lastIndexOf(CHECKSUM);
		if (end < 0 || !text.substring(end).equals(checksum(text.substring(0, end)))) {
			return null;
		}
		try {
			return parseLines(text.substring(0, end).split("\n"));
		}
		catch (IllegalArgumentException | DateTimeException | ArrayIndexOutOfBoundsException ex) {
			return null; // of a later version
		}
	}

	private static LocalState parseLines(String[] lines) {
		Generation generation = null;
		Instant begun = null;
		int begin = 0;
		Left left = null;
		boolean forgotten = false;
		List<Numbering.Move> moves = new ArrayList<>();
		List<RunHistory.Event> events = new ArrayList<>();
		for (String line : lines) {
			String[] words = line.split(" ");
			switch (words[0]) {
				case "generation" -> generation = new Generation(words[1]);
				case "begun" -> begun = Instant.parse(words[1]);
				case "begins" -> begin = Integer.parseInt(words[1]);
				case "move" -> moves.add(new Numbering.Move(Integer.parseInt(words[1]), Integer.parseInt(words[2])));
				case "left" ->
					left = new Left(GenerationReason.valueOf(words[1].toUpperCase(Locale.ROOT)), line.split(" ", 3)[2]);
				case "forgotten" -> forgotten = true;
				case "run" -> events.add(new RunHistory.Event.Began(words[1]));
				case "moved" -> events.add(new RunHistory.Event.Moved(new Generation(words[1]),
						Integer.parseInt(words[2]), Integer.parseInt(words[3])));
				case "adopted" -> events.add(new RunHistory.Event.Adopted(WalPosition.parse(words[1]),
						words[2].equals("-") ? null : words[2], Integer.parseInt(words[3])));
				default -> throw new IllegalArgumentException(line);
			}
		}
		return new LocalState(generation, begun, new Numbering(begin, moves), new RunHistory(events, forgotten), left);
	}

	/** As it is written to the file. */
	byte[] text() {
		if (this.generation != null && this.begun == null && this.numbering.equals(Numbering.PLAIN)
				&& this.history.equals(RunHistory.NONE)) {
			return this.generation.name().getBytes(StandardCharsets.US_ASCII);
		}
		StringBuilder text = new StringBuilder();
		line(text, "generation", this.generation);
		line(text, "begun", this.begun);
		if (this.numbering.begin() != 0) {
			line(text, "begins", this.numbering.begin());
		}
		this.numbering.moves().forEach((move) -> line(text, "move", move.from() + " " + move.by()));
		if (this.left != null) {
			line(text, "left", this.left.reason() + " " + this.left.detail().replaceAll("[^ -~]", "?"));
		}
		if (this.history.forgotten()) {
			text.append("forgotten\n");
		}
		this.history.events().forEach((event) -> append(text, event));
		return (text + checksum(text.toString())).getBytes(StandardCharsets.US_ASCII);
	}

	private static void append(StringBuilder text, RunHistory.Event event) {
		if (event instanceof RunHistory.Event.Began began) {
			line(text, "run", began.run());
		}
		else if (event instanceof RunHistory.Event.Moved moved) {
			line(text, "moved", moved.generation() + " " + moved.from() + " " + moved.by());
		}
		else if (event instanceof RunHistory.Event.Adopted adopted) {
			line(text, "adopted", adopted.end() + " " + ((adopted.writer() != null) ? adopted.writer() : "-") + " "
					+ adopted.index());
		}
	}

	private static void line(StringBuilder text, String key, @Nullable Object value) {
		if (value != null) {
			text.append(key).append(' ').append(value).append('\n');
		}
	}

	private static String checksum(String text) {
		CRC32 crc = new CRC32();
		crc.update(text.getBytes(StandardCharsets.ISO_8859_1));
		return CHECKSUM + "%08x\n".formatted(crc.getValue());
	}

}
