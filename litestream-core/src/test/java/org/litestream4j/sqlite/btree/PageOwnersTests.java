package org.litestream4j.sqlite.btree;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link PageOwners}, against what SQLite's own {@code dbstat} says of the same
 * databases.
 */
class PageOwnersTests {

	/** Others by {@code -Dtest.seed}. */
	private static final long SEED = Long.getLong("test.seed", 20261127);

	private static final int CHANGES = 80;

	@TempDir
	private Path directory;

	@ParameterizedTest
	@CsvSource({ "512,", "1024,", "4096,", "4096,auto_vacuum=FULL", "1024,encoding='UTF-16le'", "65536,",
			"512,auto_vacuum=INCREMENTAL" })
	void ownersAreThoseThatSqliteNamesAfterAnyChange(int pageSize, String pragma) throws Exception {
		Path file = this.directory.resolve("app.db");
		Random random = new Random(SEED);
		String option = (pragma != null) ? pragma : "";
		try (RandomDatabase database = new RandomDatabase(file, pageSize, option, random)) {
			byte[] before = Files.readAllBytes(file);
			ArrayPages pages = new ArrayPages(before, pageSize);
			PageOwners followed = PageOwners.of(pages, Schema.read(pages));
			for (int change = 0; change < CHANGES; change++) {
				database.change();
				if (change % 40 == 39) {
					database.connection().createStatement().execute("VACUUM");
				}
				byte[] after = Files.readAllBytes(file);
				ArrayPages now = new ArrayPages(after, pageSize);
				Schema schema = Schema.read(now);
				Map<Long, Long> earlier = roots(followed);
				Map<Long, String> expected = dbstat(database);
				List<PageOwners.Left> left = followed.update(now, schema, changed(before, after, pageSize));
				String as = "seed %d, change %d".formatted(SEED, change);
				PageOwners fresh = PageOwners.of(now, schema);
				assertThat(fresh.damage()).as(as).isEmpty();
				assertThat(described(fresh, schema)).as(as).isEqualTo(expected);
				assertThat(followed.damage()).as(as).isEmpty();
				assertThat(described(followed, schema)).as("followed, " + as).isEqualTo(expected);
				assertThat(leaves(followed)).as(as).isEqualTo(leaves(fresh));
				assertThat(left.stream().collect(Collectors.toMap(PageOwners.Left::page, PageOwners.Left::root))).as(as)
					.isEqualTo(moved(earlier, roots(followed)));
				before = after;
			}
		}
	}

	@ParameterizedTest
	@CsvSource({ "512", "4096" })
	void pagesOfGarbageEndTheScan(int pageSize) throws Exception {
		Path file = this.directory.resolve("app.db");
		Random random = new Random(SEED);
		try (RandomDatabase database = new RandomDatabase(file, pageSize, "", random)) {
			for (int change = 0; change < 30; change++) {
				database.change();
			}
		}
		byte[] good = Files.readAllBytes(file);
		ArrayPages sound = new ArrayPages(good, pageSize);
		Schema schema = Schema.read(sound);
		for (int i = 0; i < 400; i++) {
			byte[] bad = good.clone();
			int spoilt = 1 + random.nextInt(30);
			BitSet changed = new BitSet();
			for (int j = 0; j < spoilt; j++) {
				spoil(bad, pageSize, random, changed);
			}
			ArrayPages pages = new ArrayPages(bad, pageSize);
			PageOwners.of(pages, schema);
			PageOwners followed = PageOwners.of(sound, schema);
			followed.update(pages, schema, changed);
			readAll(pages);
		}
	}

	@ParameterizedTest
	@CsvSource({ "512", "4096" })
	void everyPageOfATreeThatIsOfNoKindIsDamage(int pageSize) throws Exception {
		Path file = this.directory.resolve("app.db");
		try (RandomDatabase database = new RandomDatabase(file, pageSize, "", new Random(SEED))) {
			for (int change = 0; change < 30; change++) {
				database.change();
			}
		}
		byte[] bytes = Files.readAllBytes(file);
		ArrayPages pages = new ArrayPages(bytes, pageSize);
		Schema schema = Schema.read(pages);
		PageOwners sound = PageOwners.of(pages, schema);
		assertThat(sound.damage()).as("seed %d", SEED).isEmpty();
		int spoilt = 0;
		for (int page = 2; page <= sound.pages(); page++) {
			if (sound.rootOf(page) == 0 || sound.isOverflow(page)) {
				continue;
			}
			int kind = (page - 1) * pageSize;
			byte was = bytes[kind];
			bytes[kind] = 0;
			BitSet changed = new BitSet();
			changed.set(page);
			PageOwners followed = PageOwners.of(new ArrayPages(Files.readAllBytes(file), pageSize), schema);
			followed.update(pages, schema, changed);
			assertThat(followed.damage()).as("page %d followed, seed %d", page, SEED).isPresent();
			assertThat(PageOwners.of(pages, schema).damage()).as("page %d, seed %d", page, SEED).isPresent();
			bytes[kind] = was;
			spoilt++;
		}
		assertThat(spoilt).as("seed %d", SEED).isPositive();
	}

	/** Whatever is thrown but an {@link IOException} fails the test. */
	private static void readAll(ArrayPages pages) {
		try {
			Schema schema = Schema.read(pages);
			TreeHeader header = TreeHeader.of(pages);
			for (long root : schema.roots()) {
				new TreeWalk(pages, header.usableSize()).walk(root, (page) -> {
					for (int i = 0; page.hasPayload() && i < page.cells(); i++) {
						RowRecord.values(Payload.read(page, i, pages, 1 << 20), page.number(), header.text());
					}
				});
			}
		}
		catch (IOException ex) {
			assertThat(ex).hasMessageContaining("age ");
		}
	}

	/** Changes a few bytes at the beginning of a page, or copies another page over it. */
	private static void spoil(byte[] pages, int pageSize, Random random, BitSet changed) {
		int count = pages.length / pageSize;
		int page = 1 + random.nextInt(count - 1);
		if (random.nextBoolean()) {
			System.arraycopy(pages, random.nextInt(count) * pageSize, pages, page * pageSize, pageSize);
		}
		for (int i = 0; i < 4; i++) {
			pages[page * pageSize + random.nextInt(40)] = (byte) random.nextInt(40);
		}
		changed.set(page + 1);
	}

	@Test
	void rowsOfATableAreReadWithWhateverTheyHold() throws Exception {
		Path file = this.directory.resolve("app.db");
		Random random = new Random(SEED);
		try (RandomDatabase database = new RandomDatabase(file, 1024, "encoding='UTF-16be'", random);
				Statement statement = database.connection().createStatement()) {
			statement.execute("CREATE TABLE v (id INTEGER PRIMARY KEY, v)");
			statement.execute("INSERT INTO v VALUES (1, NULL), (-7, 0), (3, 1), (4, -1), (5, 127), (6, -32768),"
					+ " (7, 8388607), (8, -2147483648), (9, 140737488355327), (10, -9223372036854775807), (11, 1.5),"
					+ " (12, 'é€𝄞'), (13, x'00ff'), (14, zeroblob(100000)), (15, '')");
			ArrayPages pages = new ArrayPages(Files.readAllBytes(file), 1024);
			TreeHeader header = TreeHeader.of(pages);
			Map<Long, String> read = new TreeMap<>();
			long root = Schema.read(pages).table("V").orElseThrow().root();
			new TreeWalk(pages, header.usableSize()).walk(root, (page) -> {
				for (int i = 0; page.kind() == TreePage.Kind.TABLE_LEAF && i < page.cells(); i++) {
					List<?> values = RowRecord.values(Payload.read(page, i, pages, Integer.MAX_VALUE), page.number(),
							header.text());
					Object value = values.get(1);
					read.put(page.rowid(i),
							(value instanceof byte[] bytes) ? "blob of " + bytes.length : String.valueOf(value));
				}
			});
			Map<Long, String> expected = new TreeMap<>();
			try (ResultSet rows = statement.executeQuery(
					"SELECT id, iif(typeof(v) = 'blob', 'blob of ' || length(v), coalesce(v, 'null')) FROM v")) {
				while (rows.next()) {
					expected.put(rows.getLong(1), rows.getString(2));
				}
			}
			assertThat(read).isEqualTo(expected).hasSize(15);
		}
	}

	private static BitSet changed(byte[] before, byte[] after, int pageSize) {
		BitSet changed = new BitSet();
		for (int at = 0; at < after.length; at += pageSize) {
			if (at >= before.length || !Arrays.equals(before, at, at + pageSize, after, at, at + pageSize)) {
				changed.set(at / pageSize + 1);
			}
		}
		return changed;
	}

	private static Map<Long, Long> roots(PageOwners owners) {
		Map<Long, Long> roots = new TreeMap<>();
		for (long page = 1; page <= owners.pages(); page++) {
			roots.put(page, owners.rootOf(page));
		}
		return roots;
	}

	private static Map<Long, Long> moved(Map<Long, Long> before, Map<Long, Long> after) {
		Map<Long, Long> moved = new TreeMap<>(before);
		moved.entrySet()
			.removeIf((entry) -> entry.getValue() == 0 || entry.getValue().equals(after.get(entry.getKey())));
		return moved;
	}

	private static Map<Long, Long> leaves(PageOwners owners) {
		Map<Long, Long> leaves = new TreeMap<>();
		for (long page = 1; page <= owners.pages(); page++) {
			if (owners.isOverflow(page)) {
				leaves.put(page, owners.treePageOf(page));
			}
		}
		return leaves;
	}

	private static Map<Long, String> described(PageOwners owners, Schema schema) {
		Map<Long, String> described = new TreeMap<>();
		for (long page = 1; page <= owners.pages(); page++) {
			if (owners.rootOf(page) != 0) {
				described.put(page, schema.byRoot(owners.rootOf(page)).map(SchemaObject::name).orElse("?")
						+ (owners.isOverflow(page) ? " overflow" : ""));
			}
		}
		return described;
	}

	private static Map<Long, String> dbstat(RandomDatabase database) throws SQLException {
		Map<Long, String> pages = new TreeMap<>();
		try (Statement statement = database.connection().createStatement();
				ResultSet rows = statement.executeQuery("SELECT pageno, name, pagetype FROM dbstat")) {
			while (rows.next()) {
				pages.put(rows.getLong(1),
						rows.getString(2) + ("overflow".equals(rows.getString(3)) ? " overflow" : ""));
			}
		}
		return pages;
	}

	/** A whole database in memory. */
	@SuppressWarnings("ArrayRecordComponent") // compared with nothing
	private record ArrayPages(byte[] bytes, int pageSize) implements PageSource {

		@Override
		public long pages() {
			return this.bytes.length / this.pageSize;
		}

		@Override
		public void read(long page, byte[] into) {
			System.arraycopy(this.bytes, (int) (page - 1) * this.pageSize, into, 0, this.pageSize);
		}

	}

}
