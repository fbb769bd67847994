package org.litestream4j.replication;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.zip.CRC32;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.format.Generation;
import org.litestream4j.format.WalPosition;
import org.litestream4j.io.Disk;
import org.litestream4j.io.Disk.DiskFile;
import org.litestream4j.io.Sha256;

/**
 * What is kept of one replica in the meta directory, for the next start: which segment it
 * acknowledged last, which one was sent to it without an answer, and when it was last
 * looked after. A request of a process that was killed may still take effect, so the next
 * one must know what it was.
 * <p>
 * Written at each segment and never forced: the notes serve where the process was killed;
 * after a power cut they may be missing or older, and the replica's listing tells alone.
 * That they cannot be written stops nothing. Thread-safe.
 */
public final class ReplicaNotes {

	/*-
	 * One note a line, the checksum of the lines before last:
	 *
	 * acknowledged <generation> <index> <start> <end> <committed at, ISO> <bytes stored>
	 * sent         <generation> <index> <start> <end> <committed at, ISO> -1
	 * late         <the same, numbered as the run did that sent it>
	 * writer       <run that wrote what the replica ends with, or may have>
	 * retention    <ms>
	 * validation   <ms>
	 * crc32        <8 hex digits>
	 */

	private static final Logger logger = LoggerFactory.getLogger(ReplicaNotes.class);

	private static final int LARGEST = 4096;

	private static final String CHECKSUM = "crc32 ";

	/** What is done to a replica now and then. */
	enum Chore {

		RETENTION, VALIDATION;

		private String key() {
			return name().toLowerCase(java.util.Locale.ROOT);
		}

	}

	private final Disk disk;

	private final Path file;

	@Nullable private DiskFile open;

	private boolean closed;

	private boolean failed;

	@Nullable private SentSegment acknowledged;

	@Nullable private SentSegment unanswered;

	/** Of an earlier run, whose numbers were others: the one that reaches furthest. */
	@Nullable private SentSegment late;

	private final Map<Chore, Instant> done = new EnumMap<>(Chore.class);

	private final String run;

	/** Runs one of which wrote what the replica ends with; none if that is not known. */
	private final Set<String> writers = new LinkedHashSet<>();

	private ReplicaNotes(Disk disk, Path file, String run) {
		this.disk = disk;
		this.file = file;
		this.run = run;
	}

	/**
	 * Reads what was noted of a replica. What cannot be read counts as not noted.
	 * @param disk changes the meta directory
	 * @param metaDirectory where the notes are, in a file of their own
	 * @param replica the replica's name
	 * @param url the replica's url: notes of another place are worth nothing
	 * @param run who writes from now on
	 */
	public static ReplicaNotes of(Disk disk, Path metaDirectory, String replica, String url, String run) {
		ReplicaNotes notes = new ReplicaNotes(disk,
				metaDirectory.resolve("replica-" + Sha256.of(replica + '\n' + url).substring(0, 16)), run);
		try {
			notes.parse(notes.read());
		}
		catch (IOException | IllegalArgumentException | DateTimeException ex) {
			logger.debug("{} cannot be used", notes.file, ex);
			notes.acknowledged = null;
			notes.unanswered = null;
			notes.late = null;
			notes.writers.clear();
			notes.done.clear();
		}
		return notes;
	}

	private String read() throws IOException {
		if (!Files.isRegularFile(this.file, LinkOption.NOFOLLOW_LINKS) || Files.size(this.file) > LARGEST) {
			return "";
		}
		return new String(Files.readAllBytes(this.file), StandardCharsets.ISO_8859_1);
	}

	private void parse(String text) {
		int end = text.indexOf(CHECKSUM);
		if (end < 0 || !text.startsWith(checksum(text.substring(0, end)), end)) {
			return; // none yet, or torn by a power cut
		}
		for (String line : text.substring(0, end).split("\n")) {
			String[] words = line.split(" ");
			switch (words[0]) {
				case "acknowledged" -> this.acknowledged = parseSegment(words);
				case "sent" -> this.unanswered = parseSegment(words);
				case "late" -> this.late = parseSegment(words);
				case "writer" -> this.writers.add(words[1]);
				default -> Arrays.stream(Chore.values())
					.filter((chore) -> chore.key().equals(words[0]))
					.forEach((chore) -> this.done.put(chore, Instant.ofEpochMilli(Long.parseLong(words[1]))));
			}
		}
	}

	private static SentSegment parseSegment(String[] words) {
		WalPosition start = new WalPosition(new Generation(words[1]), Integer.parseInt(words[2]),
				Long.parseLong(words[3]));
		return new SentSegment(start, Long.parseLong(words[4]), Instant.parse(words[5]), Long.parseLong(words[6]));
	}

	/** The newest segment of a generation that is known to be stored; null if none. */
	@Nullable synchronized SentSegment acknowledged(Generation generation) {
		return of(generation, this.acknowledged);
	}

	/** The segment that may or may not be stored, now or later; null if there is none. */
	@Nullable synchronized SentSegment unanswered(Generation generation) {
		return of(generation, this.unanswered);
	}

	@Nullable private static SentSegment of(Generation generation, @Nullable SentSegment segment) {
		return (segment != null && segment.start().generation().equals(generation)) ? segment : null;
	}

	/**
	 * How a segment was sent that begins at a position: it must be sent so again, as an
	 * earlier request may take effect later. Null if none was.
	 */
	@Nullable synchronized SentSegment sentAt(WalPosition start) {
		for (SentSegment segment : new SentSegment[] { this.unanswered, this.acknowledged }) {
			if (segment != null && segment.start().equals(start)) {
				return segment;
			}
		}
		return null;
	}

	/**
	 * Why a replica that was acknowledged to hold something cannot be gone on with.
	 * @param dataEnd where it ends, as numbered when that was acknowledged
	 * @return what it has lost; empty if it holds everything
	 */
	public synchronized Optional<String> lostBy(WalPosition dataEnd) {
		SentSegment known = acknowledged(dataEnd.generation());
		return (known != null && known.position().isAfter(dataEnd))
				? Optional.of("it ends at %s, but had acknowledged WAL up to %s".formatted(dataEnd, known.position()))
				: Optional.empty();
	}

	/**
	 * Says that the indexes have other numbers from now on: what was acknowledged is held
	 * against the replica no more, and only what got no answer may still appear there.
	 */
	public synchronized void renumbered() {
		SentSegment sent = this.unanswered;
		if (sent != null && sent.end() >= lateEnd(sent.start().generation())) {
			this.late = sent;
		}
		this.acknowledged = null;
		this.unanswered = null;
		write();
	}

	/**
	 * Where a segment of an earlier run ends that may still appear in a generation, under
	 * the old number of its index; 0 if there is none.
	 */
	synchronized long lateEnd(Generation generation) {
		SentSegment known = of(generation, this.late);
		return (known != null) ? known.end() : 0;
	}

	/** Says that a segment is about to be sent. */
	synchronized void sending(SentSegment segment) {
		this.unanswered = segment;
		this.writers.add(this.run);
		write();
	}

	/** Says that the segment that was sent is stored. */
	synchronized void stored(SentSegment segment) {
		this.acknowledged = segment;
		this.unanswered = null;
		this.writers.retainAll(Set.of(this.run));
		write();
	}

	/** Says that the whole database is about to be sent, which is no segment. */
	synchronized void beginning() {
		this.writers.add(this.run);
		write();
	}

	/** Says that it is stored. */
	synchronized void begun() {
		this.writers.retainAll(Set.of(this.run));
		write();
	}

	/**
	 * Says what the replica was found to hold.
	 * @param newest its newest segment; null if it holds none of the generation
	 * @param reached up to where it holds all
	 */
	synchronized void found(@Nullable SentSegment newest, WalPosition reached) {
		this.acknowledged = newest;
		SentSegment sent = this.unanswered;
		if (sent != null && sent.start().generation().equals(reached.generation()) && reached.isAfter(sent.start())) {
			this.unanswered = null; // it has taken effect
		}
	}

	/**
	 * Says who wrote what the replica ends with, as it was found to.
	 * @param writer a run; null if it does not say
	 */
	public synchronized void endWrittenBy(@Nullable String writer) {
		Set<String> known = (writer != null) ? Set.of(writer) : Set.of();
		if (!this.writers.equals(known)) {
			this.writers.clear();
			this.writers.addAll(known);
			write();
		}
	}

	/**
	 * Runs one of which wrote what the replica ends with, as far as is known of a replica
	 * that cannot be asked; empty if nothing is.
	 */
	public synchronized Set<String> writers() {
		return Set.copyOf(this.writers);
	}

	/** When something was last done; null if that is not known. */
	@Nullable synchronized Instant lastDone(Chore chore) {
		return this.done.get(chore);
	}

	/** Says that something was done now. */
	synchronized void done(Chore chore, Instant now) {
		this.done.put(chore, now);
		write();
	}

	private void write() {
		if (this.closed) {
			return; // an engine that started since then writes them
		}
		byte[] bytes = text().getBytes(StandardCharsets.US_ASCII);
		try {
			DiskFile target = this.open;
			if (target == null) {
				target = openFile();
				this.open = target;
			}
			target.write(0, bytes, 0, bytes.length);
			this.failed = false;
		}
		catch (IOException ex) {
			if (!this.failed) {
				this.failed = true;
				logger.warn("{} cannot be written: {}. Replication goes on; should this process be killed now, the next"
						+ " start knows less of what was sent", this.file, ex.toString());
			}
		}
	}

	private DiskFile openFile() throws IOException {
		if (Files.isRegularFile(this.file, LinkOption.NOFOLLOW_LINKS)) {
			return this.disk.open(this.file);
		}
		try {
			return this.disk.create(this.file);
		}
		catch (NoSuchFileException ex) {
			throw new IOException("the meta directory is gone", ex);
		}
	}

	private String text() {
		StringBuilder text = new StringBuilder();
		append(text, "acknowledged", this.acknowledged);
		append(text, "sent", this.unanswered);
		append(text, "late", this.late);
		this.writers.forEach((writer) -> text.append("writer ").append(writer).append('\n'));
		this.done.forEach((chore, at) -> text.append(chore.key()).append(' ').append(at.toEpochMilli()).append('\n'));
		return text + checksum(text.toString());
	}

	private static void append(StringBuilder text, String key, @Nullable SentSegment segment) {
		if (segment != null) {
			WalPosition start = segment.start();
			// Not formatted: every segment waits for this
			text.append(key)
				.append(' ')
				.append(start.generation().name())
				.append(' ')
				.append(start.index())
				.append(' ')
				.append(start.offset())
				.append(' ')
				.append(segment.end())
				.append(' ')
				.append(segment.committedAt())
				.append(' ')
				.append(segment.size())
				.append('\n');
		}
	}

	private static String checksum(String text) {
		CRC32 crc = new CRC32();
		crc.update(text.getBytes(StandardCharsets.ISO_8859_1));
		return CHECKSUM + HexFormat.of().toHexDigits((int) crc.getValue()) + '\n';
	}

	/** Writes nothing any more. Safe to call again. */
	public synchronized void close() {
		this.closed = true;
		DiskFile target = this.open;
		this.open = null;
		if (target != null) {
			try {
				target.close();
			}
			catch (IOException ex) {
				logger.debug("{} could not be closed", this.file, ex);
			}
		}
	}

}
