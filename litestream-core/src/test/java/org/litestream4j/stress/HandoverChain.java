package org.litestream4j.stress;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PushbackInputStream;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.ObjectCodec;
import org.litestream4j.format.ObjectNote;
import org.litestream4j.format.Writer;
import org.litestream4j.store.ObjectStore;
import org.litestream4j.store.ObjectStore.Depth;
import org.litestream4j.store.StoredObject;

/**
 * What owners that follow each other commit: rows without a gap, each of which says who
 * committed it and what all before it add up to, so that no row can be missing, be
 * another one, or have been committed by somebody who did not see those before. Beside
 * them cells that are changed at random, so that pages which are laid in the wrong order
 * show.
 */
final class HandoverChain {

	static final String SCHEMA = "CREATE TABLE IF NOT EXISTS chain (seq INTEGER PRIMARY KEY, owner TEXT, nonce INTEGER,"
			+ " before INTEGER, cells INTEGER);"
			+ " CREATE TABLE IF NOT EXISTS cells (id INTEGER PRIMARY KEY, seq INTEGER, filler BLOB)";

	private static final Pattern SEGMENT = Pattern
		.compile("generations/([0-9a-f]{16})/wal/([0-9a-f]{8})_([0-9a-f]{8})\\.wal\\.lz4");

	/** Bytes of a WAL's header. */
	private static final int HEADER = 32;

	private HandoverChain() {
	}

	/** The statements of one transaction. */
	static List<String> changes(String owner, long nonce, Random random) {
		List<String> changes = new ArrayList<>();
		for (int i = 1 + random.nextInt(6); i > 0; i--) {
			changes.add("INSERT OR REPLACE INTO cells SELECT %d, 1 + coalesce(max(seq), 0), randomblob(%d) FROM chain"
				.formatted(random.nextInt(300), random.nextInt(2000)));
		}
		changes.add(("INSERT INTO chain SELECT 1 + coalesce(max(seq), 0), '%s', %d, coalesce(sum(nonce), 0),"
				+ " (SELECT sum(seq) FROM cells) FROM chain")
			.formatted(owner, nonce));
		return changes;
	}

	/**
	 * Looks whether a restored file is one unbroken chain.
	 * @return the nonces of its rows; the first one is that of row 1
	 * @throws AssertionError if it is not
	 */
	static List<Long> check(Path file) throws SQLException {
		try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
				Statement statement = connection.createStatement()) {
			String integrity = statement.executeQuery("PRAGMA integrity_check").getString(1);
			require(integrity.equals("ok"), file, integrity);
			List<Long> nonces = new ArrayList<>();
			boolean empty = statement
				.executeQuery("SELECT count(*) FROM sqlite_schema WHERE name IN ('chain', 'cells')")
				.getInt(1) < 2;
			if (empty) {
				return nonces;
			}
			long sum = 0;
			long cells = 0;
			try (ResultSet rows = statement
				.executeQuery("SELECT seq, nonce, before, cells, owner FROM chain ORDER BY seq")) {
				while (rows.next()) {
					long seq = nonces.size() + 1L;
					require(rows.getLong(1) == seq && rows.getLong(3) == sum, file,
							"row %d of %s does not follow row %d".formatted(rows.getLong(1), rows.getString(5),
									seq - 1));
					nonces.add(rows.getLong(2));
					sum += rows.getLong(2);
					cells = rows.getLong(4);
				}
			}
			long found = statement.executeQuery("SELECT coalesce(sum(seq), 0) FROM cells").getLong(1);
			require(found == cells, file,
					"the cells add up to %d after row %d, and not to %d".formatted(found, nonces.size(), cells));
			return nonces;
		}
	}

	private static void require(boolean condition, Path file, String problem) {
		if (!condition) {
			throw new AssertionError("%s: %s".formatted(file, problem));
		}
	}

	/** A segment as it is stored. */
	private record Stored(StoredObject object, int index, long offset) {
	}

	/**
	 * Looks whether the segments of each generation are those of owners one after the
	 * other, each of which begins at a fence.
	 * @param fences whether all fences are there still, as retention has deleted nothing
	 * @return how many segments there are
	 * @throws AssertionError if somebody wrote among what is another one's
	 */
	static int checkWriters(ObjectStore store, boolean fences) throws IOException {
		Map<String, List<Stored>> generations = new TreeMap<>();
		store.list("generations", Depth.TREE, (object) -> {
			Matcher matcher = SEGMENT.matcher(object.name());
			if (matcher.matches()) {
				generations.computeIfAbsent(matcher.group(1), (generation) -> new ArrayList<>())
					.add(new Stored(object, Integer.parseInt(matcher.group(2), 16),
							Long.parseLong(matcher.group(3), 16)));
			}
			return true;
		});
		int count = 0;
		for (List<Stored> segments : generations.values()) {
			segments.sort(Comparator.comparingInt(Stored::index).thenComparingLong(Stored::offset));
			checkWriters(store, segments, fences);
			count += segments.size();
		}
		return count;
	}

	private static void checkWriters(ObjectStore store, List<Stored> segments, boolean fences) throws IOException {
		Map<Long, String> runs = new HashMap<>();
		Writer before = null;
		boolean fenced = false;
		Writer first = null;
		int index = -1;
		long end = 0;
		boolean closed = false;
		ObjectCodec.Decoder decoder = ObjectCodec.LZ4.decoder();
		for (Stored segment : segments) {
			long size;
			Writer writer;
			try (InputStream in = store.open(segment.object(), 0, StoredObject.END);
					PushbackInputStream stored = new PushbackInputStream(in, ObjectNote.LONGEST)) {
				size = decoder.decode(stored).transferTo(OutputStream.nullOutputStream());
				ObjectNote note = decoder.note();
				writer = (note != null) ? note.writer().orElse(null) : null;
			}
			String name = segment.object().name();
			if (writer == null) {
				throw new AssertionError(name + " does not name its writer");
			}
			if (!writer.runId().equals(runs.computeIfAbsent(writer.epoch(), (epoch) -> writer.runId()))) {
				throw new AssertionError("%s: epoch %d is of two runs".formatted(name, writer.epoch()));
			}
			boolean fence = (segment.offset() == 0) ? size == HEADER : size == 0;
			if (!fence) {
				checkOrder(name, before, writer, fenced || !fences);
				before = writer;
			}
			fenced = fence;
			if (segment.index() == index) {
				boolean other = !fence && !writer.equals(first);
				if (closed || other || segment.offset() != end) {
					throw new AssertionError("%s: its index ends at %d%s, and was begun by %s".formatted(name, end,
							closed ? " with a fence" : "", first));
				}
			}
			else if (segment.offset() != 0 || (index >= 0 && segment.index() != index + 1)) {
				throw new AssertionError("%s does not follow index %08x".formatted(name, index));
			}
			first = (segment.offset() == 0) ? writer : first;
			closed = size == 0;
			index = segment.index();
			end = segment.offset() + size;
		}
	}

	/**
	 * Fences of who took the replica over and came to nothing may stand anywhere between:
	 * the owner goes on behind the first of them, if it was killed before the second.
	 */
	private static void checkOrder(String name, @Nullable Writer before, Writer writer, boolean fenced) {
		if (before == null || writer.equals(before)) {
			return;
		}
		if (writer.epoch() < before.epoch()) {
			throw new AssertionError("%s is of epoch %d, and what stands before it of %d".formatted(name,
					writer.epoch(), before.epoch()));
		}
		if (!fenced) {
			throw new AssertionError(
					"%s is of epoch %d, and no fence stands before it".formatted(name, writer.epoch()));
		}
	}

}
