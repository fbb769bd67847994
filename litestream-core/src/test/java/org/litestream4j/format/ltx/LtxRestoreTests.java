package org.litestream4j.format.ltx;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.litestream4j.RestoreException;
import org.litestream4j.RestoreException.Kind;
import org.litestream4j.RestoreOptions;
import org.litestream4j.RestoreOptions.IntegrityCheck;
import org.litestream4j.RestoreProgress;
import org.litestream4j.RestoreReport;
import org.litestream4j.RestoreTarget;
import org.litestream4j.format.Generation;
import org.litestream4j.format.TransactionId;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.restore.RestoreOutput;
import org.litestream4j.restore.Restorer;
import org.litestream4j.store.ObjectStore;
import org.litestream4j.store.Precondition;
import org.litestream4j.testing.DelegatingStore;
import org.litestream4j.testing.MemoryStore;
import org.litestream4j.testing.Seeds;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

/**
 * Tests for restores of LTX replicas: of those that the real Litestream v0.5 wrote, byte
 * for byte as that restores them; and of damaged ones.
 */
class LtxRestoreTests {

	private static final int PAGE = 512;

	@TempDir
	private Path directory;

	private int restores;

	static Stream<RecordedLtx.Expected> recorded() {
		return RecordedLtx.all().flatMap((replica) -> replica.restores().stream());
	}

	@ParameterizedTest
	@MethodSource("recorded")
	void everyTransactionIsRestoredAsTheRealOneRestoresIt(RecordedLtx.Expected expected) throws IOException {
		RestoreReport report = restore(expected.replica().replica().store(),
				RestoreTarget.of(new TransactionId(expected.txid())));
		assertThat(report.sha256()).isEqualTo(expected.sha256());
		assertThat(report.bytes()).isEqualTo(expected.size());
		assertThat(report.position()).isEqualTo(new TransactionId(expected.txid()));
	}

	@ParameterizedTest
	@ValueSource(ints = { 1, 2, 64 })
	void newestStateIsRestoredHoweverManyAreFetchedAtOnce(int parallelism) throws IOException {
		for (String name : RecordedLtx.NAMES) {
			RecordedLtx recorded = RecordedLtx.of(name);
			RestoreReport report = restore(recorded.replica().store(), RestoreTarget.latest(),
					RestoreOptions.DEFAULTS.withParallelism(parallelism));
			assertThat(report.bytes()).isEqualTo(recorded.newest().size());
			assertThat(report.position()).isEqualTo(new TransactionId(recorded.newest().txid()));
			if (parallelism > 1) {
				assertThat(report.sha256()).isEqualTo(recorded.newest().sha256());
			}
		}
	}

	@Test
	void stateOfATimeIsTheOneThatWasCommittedLastByThen() throws IOException {
		RecordedLtx recorded = RecordedLtx.of("usual");
		ObjectStore store = recorded.replica().store();
		for (RecordedLtx.Expected expected : recorded.restores()) {
			Instant committed = Instant.ofEpochMilli(Objects
				.requireNonNull(recorded.objects().get("ltx/0/%1$016x-%1$016x.ltx".formatted(expected.txid()))));
			assertThat(restore(store, RestoreTarget.asOf(committed)).position())
				.isEqualTo(new TransactionId(expected.txid()));
			if (expected.txid() > 1) {
				assertThat(restore(store, RestoreTarget.asOf(committed.minusMillis(1))).position())
					.isEqualTo(new TransactionId(expected.txid() - 1));
			}
		}
	}

	@Test
	void whatCannotBeRestoredIsNamedWithWhatCan() throws IOException {
		RecordedLtx recorded = RecordedLtx.of("usual");
		ObjectStore store = recorded.copyTo(this.directory.resolve("replica"));
		refused(store, RestoreTarget.of(new TransactionId(1000)), Kind.NO_SUCH_STATE)
			.hasMessageContaining("The replica ends with transaction 000000000000001b, before 00000000000003e8");
		refused(store, RestoreTarget.of(new Generation("75949f9e3948e859")), Kind.NO_SUCH_STATE)
			.hasMessageContaining("has no generations");
		refused(store, RestoreTarget.asOf(Instant.EPOCH), Kind.NO_SUCH_STATE)
			.hasMessageContaining("holds nothing as old as 1970-01-01T00:00:00Z");
		List<LtxFile> zero = new LtxReplica(store).list(0);
		new LtxReplica(store).delete(zero.subList(0, 24));
		refused(store, RestoreTarget.of(new TransactionId(22)), Kind.NO_SUCH_STATE)
			.hasMessageContaining("Transaction 0000000000000016 was compacted with others")
			.hasMessageContaining("transaction 0000000000000015")
			.hasMessageContaining("transaction 0000000000000017");
		assertThat(restore(store, RestoreTarget.latest()).sha256()).isEqualTo(recorded.newest().sha256());
		refused(new MemoryStore(), RestoreTarget.latest(), Kind.NO_BACKUP).isNotNull();
	}

	@Test
	void timeWhoseTransactionsAreBeingDeletedGivesTheStateBefore() throws IOException {
		MemoryStore store = new MemoryStore();
		put(store, 1, 1, 4, 1, Map.of(1, page(4)));
		put(store, 1, 5, 7, 1, Map.of(1, page(7)));
		put(store, 0, 6, 6, 1, Map.of(1, page(6)));
		put(store, 0, 7, 7, 1, Map.of(1, page(7)));
		assertThat(bytes(store, RestoreTarget.asOf(Instant.ofEpochMilli(6500)))).isEqualTo(page(4));
		assertThat(bytes(store, RestoreTarget.asOf(Instant.ofEpochMilli(7000)))).isEqualTo(page(7));
		refused(store, RestoreTarget.of(new TransactionId(6)), Kind.NO_SUCH_STATE)
			.hasMessageContaining("the oldest after it is that of transaction 0000000000000007");
	}

	/**
	 * Each of two listings has passed by where a transaction is stored next, and shows
	 * later ones.
	 * @param first what the first listing of level 0 lacks
	 * @param last what it shows last
	 * @param second what the second listing lacks, which shows all the others
	 */
	@ParameterizedTest
	@CsvSource({ "2, 3, 5", "5, 6, 8", "3, 8, 9" })
	void listingThatLastsWhileFilesAreStoredNeitherFailsNorGivesAnOlderState(int first, int last, int second)
			throws IOException {
		MemoryStore store = new MemoryStore();
		put(store, 9, 1, 1, 1, Map.of(1, page(1)));
		for (int txid = 2; txid <= 9; txid++) {
			put(store, 0, txid, txid, 1, Map.of(1, page(txid)));
		}
		for (Instant time : new Instant[] { Instant.MAX, Instant.ofEpochMilli(last * 1000L),
				Instant.ofEpochMilli(first * 1000L + 500) }) {
			AtomicInteger listings = new AtomicInteger();
			ObjectStore growing = new DelegatingStore(store) {
				@Override
				public void list(String directory, Depth depth, ObjectVisitor visitor) throws IOException {
					boolean singles = directory.equals("ltx/0");
					int listing = singles ? listings.incrementAndGet() : 0;
					super.list(directory, depth, (object) -> {
						long txid = singles ? LtxNames.parse(0, object).orElseThrow().maxTxid() : 0;
						boolean shown = (listing == 1) ? txid != first && txid <= last : listing != 2 || txid != second;
						return !shown || visitor.visit(object);
					});
				}
			};
			int expected = time.isBefore(Instant.ofEpochMilli(last * 1000L)) ? first : last;
			assertThat(bytes(growing, time.equals(Instant.MAX) ? RestoreTarget.latest() : RestoreTarget.asOf(time)))
				.as("as of %s", time)
				.isEqualTo(page(expected));
		}
	}

	/**
	 * As for the format of v0.3: times are ambiguous then, and transactions never are.
	 */
	@Test
	void clockThatWasSetBackGivesAStateThatWasThere() throws IOException {
		MemoryStore store = new MemoryStore();
		long[] times = { 1000, 2000, 9000, 3000, 4000 };
		for (int txid = 1; txid <= times.length; txid++) {
			ByteArrayOutputStream out = new ByteArrayOutputStream();
			LtxWriter writer = new LtxWriter(out, new LtxHeader(PAGE, 1, txid, txid, times[txid - 1]));
			writer.page(1, page(txid), 0);
			writer.finish();
			replica(store).write(LtxFile.named(0, txid, txid), Instant.EPOCH, Map.of(), Precondition.ABSENT,
					(file) -> file.write(out.toByteArray()));
		}
		refused(store, RestoreTarget.asOf(Instant.ofEpochMilli(500)), Kind.NO_SUCH_STATE).isNotNull();
		for (long time = 1000; time <= 10_000; time += 500) {
			byte[] restored = bytes(store, RestoreTarget.asOf(Instant.ofEpochMilli(time)));
			assertThat(restored).as("%d", time).isEqualTo(page(restored[0]));
			assertThat(times[restored[0] - 1]).as("%d", time).isLessThanOrEqualTo(time);
		}
		assertThat(bytes(store, RestoreTarget.latest())).isEqualTo(page(5));
		assertThat(bytes(store, RestoreTarget.asOf(Instant.ofEpochMilli(9000)))).isEqualTo(page(5));
	}

	@Test
	void timeWhoseStateIsDamagedDoesNotGiveAnOlderOne() throws IOException {
		MemoryStore store = new MemoryStore();
		put(store, 1, 1, 4, 1, Map.of(1, page(4)));
		put(store, 1, 5, 7, 1, Map.of(1, page(7)));
		byte[] damaged = file(5, 5, 1, Map.of(1, page(5)));
		damaged[damaged.length - 1]++;
		replica(store).write(LtxFile.named(0, 5, 5), Instant.EPOCH, Map.of(), Precondition.NONE,
				(out) -> out.write(damaged));
		refused(store, RestoreTarget.asOf(Instant.ofEpochMilli(5000)), Kind.DAMAGED)
			.hasMessageContaining("ltx/0/0000000000000005-0000000000000005.ltx is damaged")
			.hasMessageContaining("that of transaction 0000000000000004");
	}

	@Test
	void everySingleFileCanBeDamagedAsLongAsOthersHoldTheSame() throws IOException {
		RecordedLtx recorded = RecordedLtx.of("usual");
		for (String name : recorded.objects().keySet()) {
			Path replica = Files.createTempDirectory(this.directory, "replica");
			ObjectStore store = recorded.copyTo(replica);
			Path file = replica.resolve(name);
			byte[] bytes = Files.readAllBytes(file);
			bytes[bytes.length / 2] ^= 0x20;
			Files.write(file, bytes);
			assertThat(restore(store, RestoreTarget.latest()).sha256()).as(name).isEqualTo(recorded.newest().sha256());
		}
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void damagedFileWithoutAnotherOneIsNamedWithTheNewestStateWithoutIt(boolean cut) throws IOException {
		MemoryStore store = new MemoryStore();
		Map<Integer, byte[]> pages = new TreeMap<>(Map.of(1, page(1), 2, page(2)));
		put(store, 0, 1, 1, 2, pages);
		put(store, 0, 2, 2, 2, Map.of(2, page(3)));
		byte[] damaged = file(3, 3, 2, Map.of(2, page(4)));
		damaged[damaged.length - 20]++;
		byte[] stored = cut ? Arrays.copyOf(damaged, 120) : damaged;
		replica(store).write(LtxFile.named(0, 3, 3), Instant.EPOCH, Map.of(), Precondition.NONE,
				(out) -> out.write(stored));
		put(store, 0, 4, 4, 2, Map.of(1, page(5)));
		refused(store, RestoreTarget.latest(), Kind.DAMAGED)
			.hasMessageStartingWith("The LTX file ltx/0/0000000000000003-0000000000000003.ltx is damaged (")
			.hasMessageContaining("can be restored is that of transaction 0000000000000002");
		assertThat(bytes(store, RestoreTarget.of(new TransactionId(2)))).isEqualTo(concat(page(1), page(3)));
	}

	@Test
	void missingFilesAreNamedWithTheNewestStateWithoutThem() throws IOException {
		MemoryStore store = new MemoryStore();
		put(store, 0, 1, 1, 1, Map.of(1, page(1)));
		put(store, 0, 2, 2, 1, Map.of(1, page(2)));
		put(store, 0, 5, 5, 1, Map.of(1, page(3)));
		refused(store, RestoreTarget.latest(), Kind.DAMAGED).hasMessageContaining(
				"No file holds transaction 0000000000000003 to 0000000000000004: the newest state up to there that can be restored is that of transaction 0000000000000002");
	}

	@Test
	void fileThatIsCalledOtherwiseThanItIsDoesNotCount() throws IOException {
		MemoryStore store = new MemoryStore();
		put(store, 0, 1, 1, 1, Map.of(1, page(1)));
		byte[] other = file(3, 3, 1, Map.of(1, page(3)));
		replica(store).write(LtxFile.named(0, 2, 2), Instant.EPOCH, Map.of(), Precondition.NONE,
				(out) -> out.write(other));
		refused(store, RestoreTarget.latest(), Kind.DAMAGED).hasMessageContaining("is not what its name says");
	}

	@Test
	void databaseThatGrowsWithoutItsPagesIsDamaged() throws IOException {
		MemoryStore store = new MemoryStore();
		put(store, 0, 1, 1, 1, Map.of(1, page(1)));
		put(store, 0, 2, 2, 3, Map.of(3, page(3)));
		refused(store, RestoreTarget.latest(), Kind.DAMAGED)
			.hasMessageContaining("grows from 1 to 3 pages, and it holds 1 of them");
	}

	@Test
	void fileWithoutPagesChangesNothing() throws IOException {
		MemoryStore store = new MemoryStore();
		put(store, 0, 1, 1, 1, Map.of(1, page(1)));
		put(store, 0, 2, 2, 1, Map.of());
		RestoreReport report = restore(store, RestoreTarget.latest(),
				RestoreOptions.DEFAULTS.withIntegrityCheck(IntegrityCheck.NONE));
		assertThat(report.position()).isEqualTo(new TransactionId(2));
		assertThat(Files.readAllBytes(report.outputPath())).isEqualTo(page(1));
	}

	static List<Long> seeds() {
		return Seeds.some(1);
	}

	@ParameterizedTest(name = "-Dtest.seed={0}")
	@MethodSource("seeds")
	void anythingThatIsWrittenIsRestored(long seed) throws IOException {
		Random random = new Random(seed);
		MemoryStore store = new MemoryStore();
		List<byte[]> database = new ArrayList<>();
		int transactions = 600;
		long merged = 0;
		Map<Integer, byte[]> since = new TreeMap<>();
		for (int txid = 1; txid <= transactions; txid++) {
			Map<Integer, byte[]> changed = new TreeMap<>();
			int size = Math.max(1, database.size() + random.nextInt(-6, 9));
			while (database.size() > size) {
				database.remove(database.size() - 1);
			}
			while (database.size() < size) {
				database.add(random(random));
				changed.put(database.size(), database.get(database.size() - 1));
			}
			for (int i = random.nextInt(4); i > 0; i--) {
				int number = random.nextInt(size);
				database.set(number, random(random));
				changed.put(number + 1, database.get(number));
			}
			if (random.nextInt(100) == 0) {
				since.clear();
				put(store, 9, 1, txid, size, numbered(database));
			}
			put(store, 0, txid, txid, size, changed);
			since.keySet().removeIf((number) -> number > size);
			since.putAll(changed);
			if (random.nextInt(40) == 0 && merged > 0) {
				put(store, 1, merged + 1, txid, size, since);
			}
			if (random.nextInt(40) == 0) {
				merged = txid;
				since.clear();
			}
			if (random.nextInt(30) == 0) {
				assertThat(bytes(store, RestoreTarget.latest())).as("seed %d, up to %d", seed, txid)
					.isEqualTo(concat(database.toArray(byte[][]::new)));
			}
		}
		assertThat(bytes(store, RestoreTarget.latest())).as("seed %d", seed)
			.isEqualTo(concat(database.toArray(byte[][]::new)));
	}

	private static Map<Integer, byte[]> numbered(List<byte[]> database) {
		Map<Integer, byte[]> pages = new TreeMap<>();
		for (byte[] page : database) {
			pages.put(pages.size() + 1, page);
		}
		return pages;
	}

	private static byte[] random(Random random) {
		byte[] page = new byte[PAGE];
		random.nextBytes(page);
		return page;
	}

	private AbstractThrowableAssert<?, ?> refused(ObjectStore store, RestoreTarget target, Kind kind) {
		Throwable thrown = catchThrowable(() -> restore(store, target));
		return assertThat(thrown).isInstanceOfSatisfying(RestoreException.class,
				(ex) -> assertThat(ex.kind()).isEqualTo(kind));
	}

	private byte[] bytes(ObjectStore store, RestoreTarget target) throws IOException {
		return Files.readAllBytes(
				restore(store, target, RestoreOptions.DEFAULTS.withIntegrityCheck(IntegrityCheck.NONE)).outputPath());
	}

	private RestoreReport restore(ObjectStore store, RestoreTarget target) throws IOException {
		return restore(store, target, RestoreOptions.DEFAULTS.withIntegrityCheck(IntegrityCheck.NONE));
	}

	private RestoreReport restore(ObjectStore store, RestoreTarget target, RestoreOptions options) throws IOException {
		Path output = this.directory.resolve("restored-%d.db".formatted(this.restores++));
		return new Restorer("app", "test", new LtxSource(store)).restore(target, RestoreOutput.newFile(output), options,
				RestoreProgress.NONE, SystemDisk.ownerOnly());
	}

	private static LtxReplica replica(ObjectStore store) {
		return new LtxReplica(store);
	}

	private static void put(ObjectStore store, int level, long minTxid, long maxTxid, int pages,
			Map<Integer, byte[]> changed) throws IOException {
		byte[] file = file(minTxid, maxTxid, pages, changed);
		replica(store).write(LtxFile.named(level, minTxid, maxTxid), Instant.EPOCH, Map.of(), Precondition.ABSENT,
				(out) -> out.write(file));
	}

	private static byte[] file(long minTxid, long maxTxid, int pages, Map<Integer, byte[]> changed) throws IOException {
		ByteArrayOutputStream out = new ByteArrayOutputStream();
		LtxWriter writer = new LtxWriter(out, new LtxHeader(PAGE, pages, minTxid, maxTxid, maxTxid * 1000));
		for (Map.Entry<Integer, byte[]> page : new TreeMap<>(changed).entrySet()) {
			writer.page(page.getKey(), page.getValue(), 0);
		}
		writer.finish();
		return out.toByteArray();
	}

	private static byte[] page(int content) {
		byte[] page = new byte[PAGE];
		Arrays.fill(page, (byte) content);
		return page;
	}

	private static byte[] concat(byte[]... pages) {
		ByteArrayOutputStream all = new ByteArrayOutputStream();
		for (byte[] page : pages) {
			all.writeBytes(page);
		}
		return all.toByteArray();
	}

}
