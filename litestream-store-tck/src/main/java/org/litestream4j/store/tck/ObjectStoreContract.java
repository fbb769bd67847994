package org.litestream4j.store.tck;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import org.litestream4j.store.NewObject;
import org.litestream4j.store.ObjectContent;
import org.litestream4j.store.ObjectReplacedException;
import org.litestream4j.store.ObjectStore;
import org.litestream4j.store.ObjectStore.Depth;
import org.litestream4j.store.Precondition;
import org.litestream4j.store.PreconditionFailedException;
import org.litestream4j.store.StoreCapabilities;
import org.litestream4j.store.StoreCapabilities.Conditions;
import org.litestream4j.store.StoredObject;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.within;

/**
 * What every {@link ObjectStore} must do. Extend it with a class that names your store,
 * which is empty at the start of each test, and run it with JUnit. A store that is
 * reached by a network passes {@link NetworkFaultContract} too.
 */
public abstract class ObjectStoreContract {

	/** Stores may keep times in whole seconds, and have a clock of their own. */
	private static final Duration CLOCK_TOLERANCE = Duration.ofSeconds(3);

	/** What a test waits for at most, which only one that fails does. */
	private static final int PATIENCE = 60;

	private static final int RACES = 200;

	/** Fewer, as whoever replaces under a lock waits for it. */
	private static final int LEASE_RACES = 20;

	private final List<ObjectStore> opened = new ArrayList<>();

	private int races;

	/** For implementations. */
	protected ObjectStoreContract() {
	}

	/**
	 * A new store for the test's place, which is closed after the test. Asked again,
	 * another one for the same place.
	 * @return the store
	 * @throws Exception if it cannot be made, which fails the test
	 */
	protected abstract ObjectStore newStore() throws Exception;

	/**
	 * A new store at a place where every call that needs the place fails: one that cannot
	 * be reached, that refuses the credentials or that is something else altogether.
	 * @return the store
	 * @throws Exception if it cannot be made, which fails the test
	 */
	protected abstract ObjectStore newFailingStore() throws Exception;

	/**
	 * {@return the names of everything that is at the test's place, relative to it, as
	 * seen behind the store's back: drafts and other things that are not objects too, but
	 * not directories}
	 * @throws Exception if they cannot be seen, which fails the test
	 */
	protected abstract Set<String> storedNames() throws Exception;

	/**
	 * Puts an object to the test's place, behind the store's back.
	 * @param name the object's name, relative to the test's place
	 * @param content its bytes
	 * @throws Exception if it cannot be put, which fails the test
	 */
	protected abstract void putForeign(String name, byte[] content) throws Exception;

	/**
	 * {@return what must not be in any message, stack trace or url; none by default}
	 */
	protected Collection<String> secrets() {
		return List.of();
	}

	/**
	 * {@return the size in bytes of the object that is written and read in bounded
	 * memory, of 64 MiB} Less makes sense only where the test's store keeps its objects
	 * in this JVM.
	 */
	protected long largeObjectSize() {
		return 160L << 20;
	}

	/**
	 * Opens a store that is closed after the test.
	 * @return the store
	 * @throws Exception as {@link #newStore()} has it
	 */
	protected final ObjectStore open() throws Exception {
		ObjectStore store = newStore();
		this.opened.add(store);
		return store;
	}

	@AfterEach
	void closeStores() {
		this.opened.forEach(ObjectStore::close);
	}

	// What a store says of itself

	@Test
	void typeAndUrlNameTheStore() throws Exception {
		ObjectStore store = open();
		assertThat(store.type()).matches("[a-z][a-z0-9+.-]*");
		assertThat(store.url()).startsWith(store.type() + ":");
		assertThat(secrets()).noneMatch(store.url()::contains).noneMatch(store.toString()::contains);
	}

	@Test
	void capabilitiesAreKnownWithoutAsking() throws Exception {
		try (ObjectStore failing = newFailingStore()) {
			assertThat(failing.capabilities().concurrentReads()).isPositive();
		}
		StoreCapabilities capabilities = open().capabilities();
		assertThat(capabilities.concurrentReads()).isPositive();
	}

	@Test
	void laneIsTheSameForAllStoresOfAPlaceAndKnownWithoutAsking() throws Exception {
		try (ObjectStore failing = newFailingStore()) {
			assertThat(failing.lane()).isNotBlank();
		}
		ObjectStore store = open();
		assertThat(store.lane()).isNotBlank().isEqualTo(open().lane()).isEqualTo(store.afresh().lane());
		assertThat(secrets()).noneMatch(store.lane()::contains);
	}

	@Test
	void clockIsCloseToOursOnceSomethingWasStored() throws Exception {
		ObjectStore store = open();
		put(store, "a", "1");
		store.clockOffset().ifPresent((offset) -> assertThat(offset.abs()).isLessThan(CLOCK_TOLERANCE));
	}

	@Test
	void askedAfreshItSeesTheSame() throws Exception {
		ObjectStore store = open();
		put(store, "d/a", "1");
		ObjectStore afresh = store.afresh();
		assertThat(names(afresh, "", Depth.TREE)).containsExactly("d/a");
		assertThat(afresh.directories("")).containsExactly("d");
		assertThat(bytes(afresh, "d/a")).isEqualTo(bytes("1"));
	}

	@Test
	void whatIsUnfinishedIsDiscardedAndNothingElse() throws Exception {
		ObjectStore store = open();
		put(store, "d/a", "1");
		byte[] content = random(12 << 20, 1);
		store.put(NewObject.named("d/b"), (out) -> {
			for (int from = 0; from < content.length; from += 1 << 20) {
				out.write(content, from, 1 << 20);
				store.discardUnfinished("d", (name) -> true);
			}
		});
		store.discardUnfinished("", (name) -> true);
		assertThat(storedNames()).containsExactlyInAnyOrder("d/a", "d/b");
		assertThat(bytes(store, "d/b")).isEqualTo(content);
	}

	@Test
	void failingToDiscardIsNotThrown() throws Exception {
		try (ObjectStore failing = newFailingStore()) {
			failing.discardUnfinished("d", (name) -> true);
		}
	}

	// Nothing there

	@Test
	void emptyPlaceHasNothing() throws Exception {
		ObjectStore store = open();
		assertThat(store.directories("")).isEmpty();
		assertThat(store.directories("no/such")).isEmpty();
		assertThat(names(store, "", Depth.DIRECTORY)).isEmpty();
		assertThat(names(store, "", Depth.TREE)).isEmpty();
		assertThat(names(store, "no/such", Depth.TREE)).isEmpty();
		assertThat(store.stat("no/such")).isEmpty();
		store.delete(List.of("no/such"));
		assertThat(storedNames()).isEmpty();
	}

	@Test
	void missingObjectsAreReportedAsMissing() throws Exception {
		ObjectStore store = open();
		StoredObject missing = new StoredObject("d/missing", 10, Instant.EPOCH, null);
		assertMissing(store, missing);
		put(store, "d/there", "1");
		assertMissing(store, missing);
	}

	private void assertMissing(ObjectStore store, StoredObject object) throws IOException {
		assertThatExceptionOfType(NoSuchFileException.class)
			.isThrownBy(() -> read(store.open(object, 0, StoredObject.END)));
		assertThatExceptionOfType(NoSuchFileException.class).isThrownBy(() -> read(store.open(object, 3, 5)));
		assertThatExceptionOfType(NoSuchFileException.class).isThrownBy(() -> store.metadata(object.name()));
		assertThat(store.stat(object.name())).isEmpty();
	}

	// Put and what is there then

	@Test
	void objectIsListedSaidAndReadAsStored() throws Exception {
		ObjectStore store = open();
		byte[] content = random(100_000, 1);
		StoredObject stored = store.put(NewObject.named("a/b/c.bin"), (out) -> out.write(content));
		StoredObject listed = list(store, "a/b", Depth.DIRECTORY).get(0);
		StoredObject said = store.stat("a/b/c.bin").orElseThrow();
		for (StoredObject object : List.of(stored, listed, said)) {
			assertThat(object.name()).isEqualTo("a/b/c.bin");
			assertThat(object.fileName()).isEqualTo("c.bin");
			assertThat(object.size()).isIn(-1L, (long) content.length);
			assertThat(read(store.open(object, 0, StoredObject.END))).isEqualTo(content);
			assertThat(object.storedAt()).isCloseTo(stored.storedAt(), within(CLOCK_TOLERANCE));
		}
		assertThat(said.size()).isEqualTo(content.length);
		assertThat(listed.size()).isEqualTo(content.length);
		assertSameTag(stored, said);
		assertSameTag(listed, said);
		assertThat(storedNames()).containsExactly("a/b/c.bin");
	}

	/** Not every answer has one. */
	private static void assertSameTag(StoredObject one, StoredObject other) {
		if (one.tag() != null && other.tag() != null) {
			assertThat(one.tag()).isEqualTo(other.tag());
		}
	}

	@Test
	void timeIsWhenTheObjectWasStored() throws Exception {
		ObjectStore store = open();
		Instant before = Instant.now();
		StoredObject stored = put(store, "a", "1");
		Instant after = Instant.now();
		for (StoredObject object : List.of(stored, store.stat("a").orElseThrow(), list(store, "", Depth.TREE).get(0))) {
			assertThat(object.storedAt()).isBetween(before.minus(CLOCK_TOLERANCE), after.plus(CLOCK_TOLERANCE));
		}
	}

	@Test
	void emptyObjectIsOne() throws Exception {
		ObjectStore store = open();
		StoredObject stored = store.put(NewObject.named("d/empty"), (out) -> {
		});
		assertThat(list(store, "d", Depth.DIRECTORY)).singleElement()
			.satisfies((listed) -> assertThat(listed.size()).isZero());
		assertThat(store.stat("d/empty")).hasValueSatisfying((said) -> assertThat(said.size()).isZero());
		assertThat(read(store.open(stored, 0, StoredObject.END))).isEmpty();
		assertThat(read(store.open(stored, 0, 10))).isEmpty();
		assertThat(read(store.open(stored, 5, 10))).isEmpty();
	}

	@Test
	void contentMayBeWrittenByteByByteAndFlushed() throws Exception {
		ObjectStore store = open();
		byte[] content = bytes("byte by byte");
		StoredObject stored = store.put(NewObject.named("a"), (out) -> {
			for (byte b : content) {
				out.write(b);
				out.flush();
			}
		});
		assertThat(read(store.open(stored, 0, StoredObject.END))).isEqualTo(content);
	}

	@Test
	void contentMayReuseItsBuffer() throws Exception {
		ObjectStore store = open();
		StoredObject stored = store.put(NewObject.named("a"), (out) -> {
			byte[] buffer = new byte[70_000];
			for (int i = 0; i < 10; i++) {
				Arrays.fill(buffer, (byte) i);
				out.write(buffer);
			}
			Arrays.fill(buffer, (byte) 99);
		});
		byte[] read = read(store.open(stored, 0, StoredObject.END));
		assertThat(read).hasSize(700_000);
		for (int i = 0; i < 10; i++) {
			assertThat(read[i * 70_000]).isEqualTo((byte) i);
			assertThat(read[i * 70_000 + 69_999]).isEqualTo((byte) i);
		}
	}

	@Test
	void contentMayBeAskedAgainAndAgain() throws Exception {
		ObjectStore store = open();
		AtomicInteger asked = new AtomicInteger();
		ObjectContent content = (out) -> {
			asked.incrementAndGet();
			out.write(random(300_000, 3));
		};
		store.put(NewObject.named("a"), content);
		StoredObject again = store.put(NewObject.named("a"), content);
		assertThat(asked.get()).isGreaterThanOrEqualTo(2);
		assertThat(read(store.open(again, 0, StoredObject.END))).isEqualTo(random(300_000, 3));
	}

	@Test
	void putAgainReplaces() throws Exception {
		ObjectStore store = open();
		StoredObject old = put(store, "d/a", "old");
		StoredObject newer = put(store, "d/a", "much newer");
		assertThat(list(store, "d", Depth.TREE)).hasSize(1);
		assertThat(read(store.open(newer, 0, StoredObject.END))).isEqualTo(bytes("much newer"));
		assertThat(bytes(store, "d/a")).isEqualTo(bytes("much newer"));
		if (old.tag() != null) {
			assertThat(newer.tag()).isNotEqualTo(old.tag());
		}
		assertThat(storedNames()).containsExactly("d/a");
	}

	@Test
	void weightAndNeighborsChangeNothing() throws Exception {
		ObjectStore store = open();
		StoredObject heavy = store.put(NewObject.named("d/heavy").withWeight(NewObject.Weight.HEAVY),
				(out) -> out.write(bytes("heavy")));
		StoredObject next = store.put(NewObject.named("d/next").withNeighbors(NewObject.Neighbors.EXPECTED),
				(out) -> out.write(bytes("next")));
		assertThat(read(store.open(heavy, 0, StoredObject.END))).isEqualTo(bytes("heavy"));
		assertThat(read(store.open(next, 0, StoredObject.END))).isEqualTo(bytes("next"));
	}

	// Whole or not at all

	@Test
	void contentThatFailsLeavesNothingBehind() throws Exception {
		ObjectStore store = open();
		for (int written : new int[] { 0, 1000, 7 << 20 }) {
			assertThatExceptionOfType(IOException.class).isThrownBy(() -> store.put(NewObject.named("d/a"), (out) -> {
				out.write(new byte[written]);
				throw new IOException("the source is gone");
			})).withStackTraceContaining("the source is gone");
		}
		assertThat(names(store, "", Depth.TREE)).isEmpty();
		assertThat(store.stat("d/a")).isEmpty();
		assertThat(storedNames()).isEmpty();
	}

	@Test
	void contentThatFailsUncheckedLeavesNothingBehind() throws Exception {
		ObjectStore store = open();
		assertThatExceptionOfType(IllegalStateException.class)
			.isThrownBy(() -> store.put(NewObject.named("d/a"), (out) -> {
				out.write(new byte[7 << 20]);
				throw new IllegalStateException("a bug");
			}));
		assertThat(storedNames()).isEmpty();
	}

	@Test
	void failedReplacementKeepsTheOldObject() throws Exception {
		ObjectStore store = open();
		StoredObject stored = put(store, "a", "the good one");
		for (int written : new int[] { 1, 7 << 20 }) {
			assertThatExceptionOfType(IOException.class).isThrownBy(() -> store.put(NewObject.named("a"), (out) -> {
				out.write(new byte[written]);
				throw new IOException("the source is gone");
			}));
		}
		assertThat(read(store.open(stored, 0, StoredObject.END))).isEqualTo(bytes("the good one"));
		assertThat(storedNames()).containsExactly("a");
	}

	@Test
	void objectIsInvisibleUntilItIsWhole() throws Exception {
		ObjectStore store = open();
		put(store, "d/replaced", "old");
		CountDownLatch started = new CountDownLatch(2);
		CountDownLatch goOn = new CountDownLatch(1);
		ObjectContent content = (out) -> {
			out.write(new byte[1 << 20]);
			out.flush();
			started.countDown();
			await(goOn);
			out.write(1);
		};
		ExecutorService executor = Executors.newFixedThreadPool(2);
		try {
			Future<StoredObject> created = executor.submit(() -> store.put(NewObject.named("d/new"), content));
			Future<StoredObject> replaced = executor.submit(() -> store.put(NewObject.named("d/replaced"), content));
			assertThat(started.await(PATIENCE, TimeUnit.SECONDS)).isTrue();
			assertThat(names(store, "", Depth.TREE)).containsExactly("d/replaced");
			assertThat(store.stat("d/new")).isEmpty();
			assertThat(bytes(store, "d/replaced")).isEqualTo(bytes("old"));
			put(store, "d/other", "while they are written");
			goOn.countDown();
			assertThat(created.get(PATIENCE, TimeUnit.SECONDS).name()).isEqualTo("d/new");
			assertThat(replaced.get(PATIENCE, TimeUnit.SECONDS).name()).isEqualTo("d/replaced");
			assertThat(bytes(store, "d/new")).hasSize((1 << 20) + 1);
			assertThat(bytes(store, "d/replaced")).hasSize((1 << 20) + 1);
			assertThat(storedNames()).containsExactlyInAnyOrder("d/new", "d/replaced", "d/other");
		}
		finally {
			goOn.countDown();
			executor.shutdownNow();
		}
	}

	// Names

	@Test
	void namesNeedNoEscaping() throws Exception {
		ObjectStore store = open();
		List<String> names = List.of("with space/a b", "umlaut-ä/ö.txt", "euro-€/€", "emoji/\uD83D\uDE00",
				"percent/100%", "percent/%41", "plus/a+b", "query/a?b=c&d", "hash/a#b", "quotes/'a\"b",
				"brackets/[a]{b}(c)", "star/a*b", "tilde/~a", "semi/a;b,c", "at/a@b:c", "dollar/$HOME", "less/<a>|b",
				"dash/-a", "equal/a=b", "caret/a^b`c", "bang/a!b", "dots/a..b.c.", "long/" + "x".repeat(180));
		for (String name : names) {
			put(store, name, name);
		}
		assertThat(names(store, "", Depth.TREE)).containsExactlyInAnyOrderElementsOf(names);
		assertThat(store.directories("")).containsExactlyInAnyOrderElementsOf(
				names.stream().map((name) -> name.substring(0, name.indexOf('/'))).distinct().toList());
		for (String name : names) {
			assertThat(store.stat(name)).as(name).isPresent();
			assertThat(bytes(store, name)).as(name).isEqualTo(bytes(name));
			assertThat(names(store, name.substring(0, name.indexOf('/')), Depth.DIRECTORY)).contains(name);
		}
		assertThat(storedNames()).containsExactlyInAnyOrderElementsOf(names);
		store.delete(names);
		assertThat(storedNames()).isEmpty();
	}

	// Listing

	@Test
	void listingADirectoryShowsWhatIsDirectlyInIt() throws Exception {
		ObjectStore store = open();
		for (String name : List.of("top", "d/a", "d/b", "d/e/c", "d/e/f/g", "da/x", "d-/x")) {
			put(store, name, "1");
		}
		assertThat(names(store, "", Depth.DIRECTORY)).containsExactly("top");
		assertThat(names(store, "d", Depth.DIRECTORY)).containsExactlyInAnyOrder("d/a", "d/b");
		assertThat(names(store, "d/e", Depth.DIRECTORY)).containsExactly("d/e/c");
		assertThat(names(store, "d", Depth.TREE)).containsExactlyInAnyOrder("d/a", "d/b", "d/e/c", "d/e/f/g");
		assertThat(names(store, "d/e", Depth.TREE)).containsExactlyInAnyOrder("d/e/c", "d/e/f/g");
		assertThat(names(store, "", Depth.TREE)).hasSize(7);
		assertThat(store.directories("")).containsExactlyInAnyOrder("d", "da", "d-");
		assertThat(store.directories("d")).containsExactly("e");
		assertThat(store.directories("d/e/f")).isEmpty();
	}

	@Test
	void listingIsCompleteWithThousandsOfObjects() throws Exception {
		ObjectStore store = open();
		int count = 2100;
		List<Callable<StoredObject>> puts = new ArrayList<>();
		Set<String> expected = new HashSet<>();
		for (int i = 0; i < count; i++) {
			String name = "many/%02d/%05d".formatted(i % 3, i);
			expected.add(name);
			puts.add(() -> put(store, name, "1"));
		}
		inParallel(8, puts);
		List<String> tree = names(store, "many", Depth.TREE);
		assertThat(tree).doesNotHaveDuplicates();
		assertThat(new HashSet<>(tree)).isEqualTo(expected);
		assertThat(names(store, "many/01", Depth.DIRECTORY)).hasSize(count / 3).doesNotHaveDuplicates();
		assertThat(store.directories("many")).containsExactlyInAnyOrder("00", "01", "02");
		AtomicInteger visited = new AtomicInteger();
		store.list("many", Depth.TREE, (object) -> visited.incrementAndGet() < 1500);
		assertThat(visited).hasValue(1500);
		store.delete(tree);
		assertThat(storedNames()).isEmpty();
		assertThat(names(store, "", Depth.TREE)).isEmpty();
	}

	@Test
	void visitorMayEndTheVisit() throws Exception {
		ObjectStore store = open();
		for (String name : List.of("a/1", "a/2", "b/1", "c/d/1", "c/d/2")) {
			put(store, name, "1");
		}
		for (Depth depth : Depth.values()) {
			AtomicInteger visited = new AtomicInteger();
			store.list("a", depth, (object) -> {
				visited.incrementAndGet();
				return false;
			});
			assertThat(visited).hasValue(1);
		}
		AtomicInteger visited = new AtomicInteger();
		store.list("", Depth.TREE, (object) -> visited.incrementAndGet() < 3);
		assertThat(visited).hasValue(3);
		assertThat(names(store, "", Depth.TREE)).hasSize(5);
	}

	@Test
	void visitorIsCalledOnTheCallingThreadAndMayFail() throws Exception {
		ObjectStore store = open();
		put(store, "d/a", "1");
		Thread caller = Thread.currentThread();
		store.list("", Depth.TREE, (object) -> {
			assertThat(Thread.currentThread()).isSameAs(caller);
			return true;
		});
		IOException failure = new IOException("enough");
		for (int i = 0; i < 100; i++) {
			assertThatExceptionOfType(IOException.class).isThrownBy(() -> store.list("", Depth.TREE, (object) -> {
				throw failure;
			})).satisfies((thrown) -> assertThat(thrown).hasStackTraceContaining("enough"));
		}
		assertThat(names(store, "", Depth.TREE)).hasSize(1);
	}

	@Test
	void visitorMayUseTheStore() throws Exception {
		ObjectStore store = open();
		List<String> expected = new ArrayList<>();
		for (int i = 0; i < 250; i++) {
			expected.add("d%d/%d".formatted(i % 4, i));
			put(store, expected.get(i), "content " + i);
		}
		List<String> read = Collections.synchronizedList(new ArrayList<>());
		List<Callable<Void>> visits = new ArrayList<>();
		for (int i = 0; i < 12; i++) {
			String directory = "d%d".formatted(i % 4);
			boolean deletes = i >= 8;
			visits.add(() -> {
				store.list(directory, Depth.DIRECTORY, (object) -> {
					if (deletes) {
						store.delete(List.of(object.name()));
					}
					else if (object.name().endsWith("1")) {
						read.add(new String(read(store.open(object, 0, StoredObject.END)), StandardCharsets.UTF_8));
					}
					return true;
				});
				return null;
			});
		}
		inParallel(8, visits.subList(0, 8));
		assertThat(read).hasSize(50);
		inParallel(4, visits.subList(8, 12));
		assertThat(storedNames()).isEmpty();
	}

	@Test
	void foreignObjectsAreObjectsToo() throws Exception {
		ObjectStore store = open();
		putForeign("d/foreign.txt", bytes("foreign"));
		put(store, "d/own", "own");
		assertThat(names(store, "d", Depth.DIRECTORY)).containsExactlyInAnyOrder("d/foreign.txt", "d/own");
		assertThat(store.stat("d/foreign.txt")).hasValueSatisfying((said) -> assertThat(said.size()).isEqualTo(7));
		assertThat(bytes(store, "d/foreign.txt")).isEqualTo(bytes("foreign"));
		assertThat(store.metadata("d/foreign.txt")).isNotNull();
		store.delete(List.of("d/own"));
		assertThat(storedNames()).containsExactly("d/foreign.txt");
	}

	// Metadata

	@Test
	void metadataIsKeptOrNot() throws Exception {
		ObjectStore store = open();
		Map<String, String> metadata = Map.of("committed-at", "2026-11-22T16:00:00.123Z", "x", "a b; c=\"d\"");
		store.put(NewObject.named("d/with").withMetadata(metadata), (out) -> out.write(1));
		put(store, "d/without", "1");
		if (store.capabilities().metadata() == StoreCapabilities.Metadata.KEPT) {
			assertThat(store.metadata("d/with")).containsAllEntriesOf(metadata);
			assertThat(store.metadata("d/without")).doesNotContainKeys("committed-at", "x");
			store.put(NewObject.named("d/with").withMetadata(Map.of("x", "2")), (out) -> out.write(2));
			assertThat(store.metadata("d/with")).containsEntry("x", "2").doesNotContainKey("committed-at");
		}
		else {
			assertThat(store.metadata("d/with")).isEmpty();
			assertThat(store.metadata("d/without")).isEmpty();
		}
		assertThat(bytes(store, "d/without")).isEqualTo(bytes("1"));
	}

	// Reading

	@Test
	void anyPartCanBeRead() throws Exception {
		ObjectStore store = open();
		byte[] content = random(300_001, 4);
		StoredObject stored = store.put(NewObject.named("a"), (out) -> out.write(content));
		long[][] parts = { { 0, 1 }, { 0, 44 }, { 1, 2 }, { 0, 300_001 }, { 300_000, 300_001 }, { 0, 300_002 },
				{ 65_535, 65_537 }, { 32_768, 98_304 }, { 100, 100 }, { 250_000, StoredObject.END },
				{ 299_999, 400_000 }, { 17, 299_983 } };
		for (long[] part : parts) {
			byte[] expected = Arrays.copyOfRange(content, (int) part[0], (int) Math.min(part[1], content.length));
			assertThat(read(store.open(stored, part[0], part[1]))).as("from %d to %d", part[0], part[1])
				.isEqualTo(expected);
		}
		assertThat(read(store.open(stored, 300_001, StoredObject.END))).isEmpty();
		assertThat(read(store.open(stored, 300_001, 300_005))).isEmpty();
		assertThat(read(store.open(stored, 1_000_000, StoredObject.END))).isEmpty();
		assertThat(read(store.open(stored, 1_000_000, 2_000_000))).isEmpty();
	}

	@Test
	void streamIsReadInAnyWay() throws Exception {
		ObjectStore store = open();
		byte[] content = random(200_000, 5);
		StoredObject stored = store.put(NewObject.named("a"), (out) -> out.write(content));
		try (InputStream in = store.open(stored, 10, 150_010)) {
			assertThat(in.read()).isEqualTo(content[10] & 0xff);
			assertThat(in.read(new byte[0])).isZero();
			in.skipNBytes(99_999);
			byte[] next = new byte[100];
			assertThat(in.readNBytes(next, 50, 50)).isEqualTo(50);
			assertThat(Arrays.copyOfRange(next, 50, 100)).isEqualTo(Arrays.copyOfRange(content, 100_010, 100_060));
			assertThat(in.readAllBytes()).isEqualTo(Arrays.copyOfRange(content, 100_060, 150_010));
			assertThat(in.read()).isEqualTo(-1);
			assertThat(in.read(next)).isEqualTo(-1);
		}
	}

	@Test
	void whatIsOpenedSaysWhichObjectItIs() throws Exception {
		ObjectStore store = open();
		put(store, "d/a", "twelve bytes");
		StoredObject said = store.stat("d/a").orElseThrow();
		try (var in = store.open(new StoredObject("d/a", -1, Instant.EPOCH, null), 3, 5)) {
			assertThat(in.object().name()).isEqualTo("d/a");
			assertThat(in.object().size()).isIn(-1L, 12L);
			assertSameTag(in.object(), said);
		}
	}

	@Test
	void streamsMayBeClosedBeforeTheirEnd() throws Exception {
		ObjectStore store = open();
		byte[] content = new byte[5 << 20];
		StoredObject stored = store.put(NewObject.named("a"), (out) -> out.write(content));
		for (int i = 0; i < 60; i++) {
			try (InputStream in = store.open(stored, i, StoredObject.END)) {
				assertThat(in.read()).isZero();
			}
		}
		InputStream twice = store.open(stored, 0, StoredObject.END);
		twice.close();
		twice.close();
		assertThat(read(store.open(stored, 0, StoredObject.END))).hasSize(content.length);
	}

	@Test
	void asManyStreamsAreOpenAtOnceAsItSays() throws Exception {
		ObjectStore store = open();
		byte[] content = random(200_000, 6);
		StoredObject stored = store.put(NewObject.named("a"), (out) -> out.write(content));
		int streams = Math.min(store.capabilities().concurrentReads(), 100);
		List<InputStream> open = new ArrayList<>();
		try {
			for (int i = 0; i < streams; i++) {
				InputStream in = store.open(stored, 0, StoredObject.END);
				open.add(in);
				assertThat(in.read()).isEqualTo(content[0] & 0xff);
			}
			for (InputStream in : open) {
				assertThat(in.readAllBytes()).isEqualTo(Arrays.copyOfRange(content, 1, content.length));
			}
		}
		finally {
			for (InputStream in : open) {
				in.close();
			}
		}
	}

	@Test
	void replacedObjectIsNotOpenedByItsOldTag() throws Exception {
		ObjectStore store = open();
		StoredObject old = put(store, "a", "old");
		StoredObject newer = put(store, "a", "and newer");
		if (old.tag() != null) {
			assertThatExceptionOfType(ObjectReplacedException.class)
				.isThrownBy(() -> read(store.open(old, 0, StoredObject.END)));
			assertThatExceptionOfType(ObjectReplacedException.class).isThrownBy(() -> read(store.open(old, 1, 2)));
		}
		assertThat(read(store.open(newer, 0, StoredObject.END))).isEqualTo(bytes("and newer"));
		StoredObject untagged = new StoredObject("a", old.size(), old.storedAt(), null);
		assertThat(read(store.open(untagged, 0, StoredObject.END))).isEqualTo(bytes("and newer"));
	}

	/** Each reader sees the one or the other, and never some of both. */
	@Test
	void objectIsReadWholeWhileItIsReplaced() throws Exception {
		ObjectStore store = open();
		int size = 400_000;
		store.put(NewObject.named("a"), (out) -> out.write(filled(size, 0)));
		CountDownLatch done = new CountDownLatch(1);
		ExecutorService executor = Executors.newFixedThreadPool(3);
		try {
			List<Future<Integer>> readers = new ArrayList<>();
			for (int i = 0; i < 2; i++) {
				readers.add(executor.submit(() -> readUntil(done, store, size)));
			}
			for (int i = 1; i <= 30; i++) {
				byte[] content = filled(size + i, i);
				store.put(NewObject.named("a"), (out) -> out.write(content));
			}
			done.countDown();
			for (Future<Integer> reader : readers) {
				assertThat(reader.get(PATIENCE, TimeUnit.SECONDS)).isPositive();
			}
		}
		finally {
			done.countDown();
			executor.shutdownNow();
		}
		assertThat(bytes(store, "a")).isEqualTo(filled(size + 30, 30));
	}

	private static int readUntil(CountDownLatch done, ObjectStore store, int size) throws IOException {
		int reads = 0;
		boolean last;
		do {
			last = done.getCount() == 0;
			try {
				byte[] read = bytes(store, "a");
				assertThat(read.length).isGreaterThanOrEqualTo(size);
				assertThat(read).isEqualTo(filled(read.length, read[0]));
				reads++;
			}
			catch (ObjectReplacedException ex) {
				// said so, which will do
			}
		}
		while (!last);
		return reads;
	}

	// Large objects

	@Test
	void largeObjectTakesBoundedMemory() throws Exception {
		ObjectStore store = open();
		long size = largeObjectSize();
		long before = usedHeap();
		List<Long> samples = new ArrayList<>();
		StoredObject stored = store.put(NewObject.named("large").withWeight(NewObject.Weight.HEAVY), (out) -> {
			Random random = new Random(9);
			byte[] chunk = new byte[1 << 20];
			for (long written = 0; written < size; written += chunk.length) {
				random.nextBytes(chunk);
				out.write(chunk);
			}
			samples.add(usedHeap());
		});
		assertThat(store.stat("large").orElseThrow().size()).isEqualTo(size);
		try (InputStream in = store.open(stored, 0, StoredObject.END)) {
			Random random = new Random(9);
			byte[] expected = new byte[1 << 20];
			byte[] chunk = new byte[expected.length];
			for (long read = 0; read < size; read += chunk.length) {
				random.nextBytes(expected);
				assertThat(in.readNBytes(chunk, 0, chunk.length)).isEqualTo(chunk.length);
				assertThat(Arrays.equals(chunk, expected)).as("the MiB from %d on", read).isTrue();
			}
			samples.add(usedHeap());
			assertThat(in.read()).isEqualTo(-1);
		}
		assertThat(samples).allSatisfy((used) -> assertThat(used - before).isLessThan(64L << 20));
	}

	/** What is reachable, as the collector runs first. */
	private static long usedHeap() {
		MemoryMXBean memory = ManagementFactory.getMemoryMXBean();
		memory.gc();
		return memory.getHeapMemoryUsage().getUsed();
	}

	// Deleting

	@Test
	void deletingRemovesWhatWasNamedAndNothingElse() throws Exception {
		ObjectStore store = open();
		for (String name : List.of("d/a", "d/b", "d/e/c", "top")) {
			put(store, name, "1");
		}
		store.delete(List.of("d/a"));
		assertThat(storedNames()).containsExactlyInAnyOrder("d/b", "d/e/c", "top");
		store.delete(List.of("d/a", "d/nothing", "no/such/directory", "top"));
		store.delete(List.of());
		assertThat(storedNames()).containsExactlyInAnyOrder("d/b", "d/e/c");
		assertThat(store.stat("d/a")).isEmpty();
		assertThatExceptionOfType(NoSuchFileException.class)
			.isThrownBy(() -> read(store.open(new StoredObject("top", 1, Instant.EPOCH, null), 0, 1)));
		store.delete(List.of("d/b", "d/e/c"));
		assertThat(names(store, "", Depth.TREE)).isEmpty();
		put(store, "d/a", "again");
		assertThat(bytes(store, "d/a")).isEqualTo(bytes("again"));
	}

	@Test
	void directoryThatIsEmptiedTakesNewObjects() throws Exception {
		ObjectStore store = open();
		List<Callable<Void>> tasks = new ArrayList<>();
		for (int i = 0; i < 60; i++) {
			String name = "x/d/%d".formatted(i);
			tasks.add(() -> {
				put(store, name, "1");
				assertThat(bytes(store, name)).isEqualTo(bytes("1"));
				store.delete(List.of(name));
				return null;
			});
		}
		inParallel(4, tasks);
		assertThat(storedNames()).isEmpty();
	}

	// Preconditions

	@Test
	void absentStoresOnlyWhatIsNotThere() throws Exception {
		ObjectStore store = open();
		if (refuses(store, Precondition.ABSENT)) {
			return;
		}
		NewObject object = NewObject.named("d/lock").when(Precondition.ABSENT);
		StoredObject first = store.put(object, (out) -> out.write(bytes("first")));
		assertThatExceptionOfType(PreconditionFailedException.class)
			.isThrownBy(() -> store.put(object, (out) -> out.write(bytes("second, and longer"))))
			.satisfies(this::assertOneSentence);
		assertThat(read(store.open(first, 0, StoredObject.END))).isEqualTo(bytes("first"));
		assertThat(storedNames()).containsExactly("d/lock");
		store.delete(List.of("d/lock"));
		store.put(object, (out) -> out.write(bytes("third")));
		assertThat(bytes(store, "d/lock")).isEqualTo(bytes("third"));
		put(store, "d/lock", "without one");
		assertThat(bytes(store, "d/lock")).isEqualTo(bytes("without one"));
	}

	@Test
	void unchangedReplacesOnlyWhatWasSeen() throws Exception {
		ObjectStore store = open();
		if (refuses(store, Precondition.unchanged("x"))) {
			return;
		}
		assertThatExceptionOfType(PreconditionFailedException.class)
			.isThrownBy(() -> putUnchanged(store, "d/lease", "x", "none is there"));
		assertThat(storedNames()).isEmpty();
		StoredObject first = put(store, "d/lease", "first");
		String tag = tag(store, first);
		StoredObject second = putUnchanged(store, "d/lease", tag, "second!");
		assertThat(bytes(store, "d/lease")).isEqualTo(bytes("second!"));
		assertThatExceptionOfType(PreconditionFailedException.class)
			.isThrownBy(() -> putUnchanged(store, "d/lease", tag, "by the old tag"))
			.satisfies(this::assertOneSentence);
		assertThat(bytes(store, "d/lease")).isEqualTo(bytes("second!"));
		putUnchanged(store, "d/lease", tag(store, second), "third, by the new one");
		assertThat(bytes(store, "d/lease")).isEqualTo(bytes("third, by the new one"));
		String last = tag(store, store.stat("d/lease").orElseThrow());
		store.delete(List.of("d/lease"));
		assertThatExceptionOfType(PreconditionFailedException.class)
			.isThrownBy(() -> putUnchanged(store, "d/lease", last, "it is gone"));
		assertThat(storedNames()).isEmpty();
	}

	@Test
	void ofManyWhoWantOneNameExactlyOneGetsIt() throws Exception {
		ObjectStore one = open();
		ObjectStore other = open();
		if (refuses(one, Precondition.ABSENT)) {
			return;
		}
		for (int round = 0; round < RACES; round++) {
			String name = "race/%d".formatted(round);
			List<String> winners = race((racer, content) -> {
				ObjectStore store = (racer % 2 == 0) ? one : other;
				store.put(NewObject.named(name).when(Precondition.ABSENT), content);
			});
			assertThat(winners).as("round %d", round).hasSize(1);
			assertThat(bytes(one, name)).isEqualTo(bytes(winners.get(0)));
		}
		assertThat(storedNames()).hasSize(RACES);
	}

	/**
	 * Whoever began before another, and is paused for however long, changes nothing after
	 * it.
	 */
	@Test
	void putIfAbsentThatComesLateReplacesNothing() throws Exception {
		ObjectStore store = open();
		if (refuses(store, Precondition.ABSENT)) {
			return;
		}
		for (Precondition faster : List.of(Precondition.ABSENT, Precondition.NONE)) {
			String name = "late/%s".formatted(faster.getClass().getSimpleName());
			assertLate(NewObject.named(name).when(Precondition.ABSENT),
					() -> store.put(NewObject.named(name).when(faster), (out) -> out.write(bytes("in time"))));
			assertThat(bytes(store, name)).isEqualTo(bytes("in time"));
		}
		assertThat(storedNames()).as("nothing is left of it").hasSize(2);
	}

	@Test
	void putIfUnchangedThatComesLateReplacesNothing() throws Exception {
		ObjectStore store = open();
		if (refuses(store, Precondition.unchanged("x"))) {
			return;
		}
		String tag = tag(store, putAbsent(store, "late/lease", "at first"));
		assertLate(NewObject.named("late/lease").when(Precondition.unchanged(tag)),
				() -> putUnchanged(store, "late/lease", tag, "in time!"));
		assertThat(bytes(store, "late/lease")).isEqualTo(bytes("in time!"));
		assertThat(storedNames()).containsExactly("late/lease");
	}

	/** Does something while a put, of another store for the place, waits. */
	private void assertLate(NewObject object, Callable<?> faster) throws Exception {
		ObjectStore store = open();
		CountDownLatch begun = new CountDownLatch(1);
		CountDownLatch goOn = new CountDownLatch(1);
		ExecutorService executor = Executors.newSingleThreadExecutor();
		try {
			Future<StoredObject> late = executor.submit(() -> store.put(object, (out) -> {
				out.write(bytes("too"));
				out.flush();
				begun.countDown();
				await(goOn);
				out.write(bytes("late"));
			}));
			assertThat(begun.await(PATIENCE, TimeUnit.SECONDS)).isTrue();
			faster.call();
			goOn.countDown();
			assertThatExceptionOfType(ExecutionException.class).isThrownBy(() -> late.get(PATIENCE, TimeUnit.SECONDS))
				.withCauseInstanceOf(PreconditionFailedException.class);
		}
		finally {
			goOn.countDown();
			executor.shutdownNow();
		}
	}

	/**
	 * Who changes an object only under conditions sees each version by a tag of its own,
	 * however fast they follow each other.
	 */
	@Test
	void versionsThatFollowEachOtherFastHaveDifferentTags() throws Exception {
		ObjectStore store = open();
		if (refuses(store, Precondition.unchanged("x"))) {
			return;
		}
		Set<String> tags = new HashSet<>();
		String tag = tag(store, putAbsent(store, "d/lease", "version 10"));
		for (int version = 11; version < 30; version++) {
			assertThat(tags.add(tag)).as("version %d", version).isTrue();
			tag = tag(store, putUnchanged(store, "d/lease", tag, "version %d".formatted(version)));
			assertThat(store.stat("d/lease").orElseThrow().tag()).isEqualTo(tag);
		}
		assertThat(bytes(store, "d/lease")).isEqualTo(bytes("version 29"));
		assertThat(storedNames()).containsExactly("d/lease");
	}

	private static StoredObject putAbsent(ObjectStore store, String name, String content) throws IOException {
		return store.put(NewObject.named(name).when(Precondition.ABSENT), (out) -> out.write(bytes(content)));
	}

	@Test
	void ofManyWhoReplaceWhatTheySawExactlyOneDoes() throws Exception {
		ObjectStore one = open();
		ObjectStore other = open();
		if (refuses(one, Precondition.unchanged("x"))) {
			return;
		}
		putAbsent(one, "race/lease", "at first");
		for (int round = 0; round < LEASE_RACES; round++) {
			String tag = tag(one, one.stat("race/lease").orElseThrow());
			List<String> winners = race((racer, content) -> {
				ObjectStore store = (racer % 2 == 0) ? one : other;
				store.put(NewObject.named("race/lease").when(Precondition.unchanged(tag)), content);
			});
			assertThat(winners).as("round %d", round).hasSize(1);
			assertThat(bytes(one, "race/lease")).isEqualTo(bytes(winners.get(0)));
		}
	}

	/** Those who did not lose; what is no loss fails. */
	private List<String> race(Racer racer) throws Exception {
		int racers = 8;
		// Equal bytes may have equal tags, so nobody stores what was there before
		int race = ++this.races;
		CyclicBarrier start = new CyclicBarrier(racers);
		CountDownLatch writing = new CountDownLatch(racers);
		List<Callable<List<String>>> tasks = new ArrayList<>();
		for (int i = 0; i < racers; i++) {
			int number = i;
			tasks.add(() -> {
				start.await(PATIENCE, TimeUnit.SECONDS);
				try {
					racer.run(number, (out) -> {
						writing.countDown();
						awaitBriefly(writing);
						out.write(bytes("racer %d of race %d".formatted(number, race)));
					});
					return List.of("racer %d of race %d".formatted(number, race));
				}
				catch (PreconditionFailedException ex) {
					return List.of();
				}
			});
		}
		return inParallel(racers, tasks).stream().flatMap(List::stream).toList();
	}

	/**
	 * Whether the store says that it does not support a precondition; it then leaves
	 * everything as it was, and cannot have claimed that it does.
	 */
	private boolean refuses(ObjectStore store, Precondition precondition) throws Exception {
		Set<String> before = storedNames();
		UnsupportedOperationException refusal = null;
		try {
			store.put(NewObject.named("probe/object").when(precondition), (out) -> out.write(1));
		}
		catch (UnsupportedOperationException ex) {
			refusal = ex;
		}
		catch (PreconditionFailedException ex) {
			assertThat(precondition).isNotEqualTo(Precondition.ABSENT);
		}
		if (refusal != null) {
			assertOneSentence(refusal);
			assertThat(store.capabilities().conditions()).isNotEqualTo(Conditions.ATOMIC);
			assertThat(storedNames()).isEqualTo(before);
			return true;
		}
		assertThat(store.capabilities().conditions()).isNotEqualTo(Conditions.NONE);
		store.delete(List.of("probe/object"));
		return false;
	}

	private static StoredObject putUnchanged(ObjectStore store, String name, String tag, String content)
			throws IOException {
		return store.put(NewObject.named(name).when(Precondition.unchanged(tag)), (out) -> out.write(bytes(content)));
	}

	private static String tag(ObjectStore store, StoredObject object) throws IOException {
		String tag = (object.tag() != null) ? object.tag() : store.stat(object.name()).orElseThrow().tag();
		assertThat(tag).as("the tag of an object in a store that replaces what is unchanged").isNotNull();
		return String.valueOf(tag);
	}

	// Many at once

	@Test
	void manyThreadsMayUseOneStore() throws Exception {
		ObjectStore store = open();
		List<Callable<byte[]>> tasks = new ArrayList<>();
		for (int i = 0; i < 60; i++) {
			String name = "d%d/%d".formatted(i % 5, i);
			byte[] content = random(1000 * (i + 1), i);
			tasks.add(() -> {
				StoredObject stored = store.put(NewObject.named(name), (out) -> out.write(content));
				assertThat(names(store, name.substring(0, 2), Depth.DIRECTORY)).contains(name);
				assertThat(store.stat(name)).isPresent();
				assertThat(read(store.open(stored, 500, 600))).isEqualTo(Arrays.copyOfRange(content, 500, 600));
				return read(store.open(stored, 0, StoredObject.END));
			});
		}
		List<byte[]> read = inParallel(12, tasks);
		for (int i = 0; i < read.size(); i++) {
			assertThat(read.get(i)).isEqualTo(random(1000 * (i + 1), i));
		}
		assertThat(storedNames()).hasSize(60);
	}

	@Test
	void smallObjectsAreStoredWhileALargeOneIs() throws Exception {
		ObjectStore store = open();
		CountDownLatch started = new CountDownLatch(1);
		CountDownLatch goOn = new CountDownLatch(1);
		ExecutorService executor = Executors.newSingleThreadExecutor();
		try {
			Future<StoredObject> large = executor.submit(() -> store.put(NewObject.named("large"), (out) -> {
				out.write(new byte[8 << 20]);
				started.countDown();
				await(goOn);
				out.write(new byte[8 << 20]);
			}));
			assertThat(started.await(PATIENCE, TimeUnit.SECONDS)).isTrue();
			for (int i = 0; i < 20; i++) {
				put(store, "small/%d".formatted(i), "1");
			}
			assertThat(names(store, "", Depth.TREE)).hasSize(20);
			goOn.countDown();
			large.get(PATIENCE, TimeUnit.SECONDS);
			assertThat(bytes(store, "large")).hasSize(16 << 20);
		}
		finally {
			goOn.countDown();
			executor.shutdownNow();
		}
	}

	@Test
	void anotherStoreSeesTheSame() throws Exception {
		ObjectStore writing = open();
		ObjectStore reading = open();
		assertThat(names(reading, "", Depth.TREE)).isEmpty();
		StoredObject stored = put(writing, "d/a", "1");
		assertThat(names(reading, "", Depth.TREE)).containsExactly("d/a");
		assertThat(read(reading.open(stored, 0, StoredObject.END))).isEqualTo(bytes("1"));
		writing.close();
		assertThat(names(reading, "", Depth.TREE)).containsExactly("d/a");
		reading.delete(List.of("d/a"));
		assertThat(storedNames()).isEmpty();
	}

	// Failing and ending

	@Test
	void failuresAreOneSentenceWithoutSecrets() throws Exception {
		try (ObjectStore failing = newFailingStore()) {
			StoredObject object = new StoredObject("d/a", 10, Instant.EPOCH, null);
			List<ThrowingCallable> calls = List.of(() -> failing.directories(""),
					() -> failing.list("", Depth.TREE, (found) -> true),
					() -> failing.put(NewObject.named("d/a"), (out) -> out.write(1)),
					() -> read(failing.open(object, 0, 10)), () -> failing.stat("d/a"), () -> failing.metadata("d/a"),
					() -> failing.delete(List.of("d/a")));
			for (int i = 0; i < calls.size(); i++) {
				IOException failure = catchThrowableOfType(IOException.class, calls.get(i));
				assertThat(failure).as("call %d", i).isNotNull().isNotInstanceOf(NoSuchFileException.class);
				assertOneSentence(failure);
			}
			assertThat(secrets()).noneMatch(failing.url()::contains);
		}
	}

	private void assertOneSentence(Throwable failure) {
		assertThat(failure.getMessage()).isNotBlank().doesNotContain("\n", "null", "Exception");
		StringWriter trace = new StringWriter();
		failure.printStackTrace(new PrintWriter(trace));
		assertThat(secrets()).noneMatch(trace.toString()::contains);
	}

	@Test
	void closingIsHarmless() throws Exception {
		ObjectStore store = open();
		put(store, "a", "1");
		store.close();
		store.close();
		ObjectStore unused = newStore();
		unused.close();
		assertThat(bytes(open(), "a")).isEqualTo(bytes("1"));
	}

	// Helpers

	/**
	 * Stores a text.
	 * @param store where to
	 * @param name the object's name
	 * @param content stored in UTF-8
	 * @return what the store says of it
	 * @throws IOException if the store cannot
	 */
	protected static StoredObject put(ObjectStore store, String name, String content) throws IOException {
		return store.put(NewObject.named(name), (out) -> out.write(bytes(content)));
	}

	/**
	 * {@return all bytes of the object that has a name now}
	 * @param store from where
	 * @param name the object's name
	 * @throws IOException if the store cannot, or there is no such object
	 */
	protected static byte[] bytes(ObjectStore store, String name) throws IOException {
		return read(store.open(new StoredObject(name, -1, Instant.EPOCH, null), 0, StoredObject.END));
	}

	/**
	 * {@return the names that a listing shows, in its order}
	 * @param store whose objects are listed
	 * @param directory where to look
	 * @param depth whether to look below it too
	 * @throws IOException if the store cannot
	 */
	protected static List<String> names(ObjectStore store, String directory, Depth depth) throws IOException {
		return list(store, directory, depth).stream().map(StoredObject::name).toList();
	}

	private static List<StoredObject> list(ObjectStore store, String directory, Depth depth) throws IOException {
		List<StoredObject> objects = new ArrayList<>();
		store.list(directory, depth, objects::add);
		return objects;
	}

	/**
	 * Reads a stream to its end, and closes it.
	 * @param in the stream
	 * @return its bytes
	 * @throws IOException if it cannot be read
	 */
	protected static byte[] read(InputStream in) throws IOException {
		try (in) {
			return in.readAllBytes();
		}
	}

	private static byte[] bytes(String text) {
		return text.getBytes(StandardCharsets.UTF_8);
	}

	/**
	 * {@return bytes that no compression makes smaller, the same for the same seed}
	 * @param size how many bytes
	 * @param seed which ones
	 */
	protected static byte[] random(int size, long seed) {
		byte[] bytes = new byte[size];
		new Random(seed).nextBytes(bytes);
		return bytes;
	}

	private static byte[] filled(int size, int with) {
		byte[] bytes = new byte[size];
		Arrays.fill(bytes, (byte) with);
		return bytes;
	}

	private static <T> List<T> inParallel(int threads, List<Callable<T>> tasks) throws Exception {
		ExecutorService executor = Executors.newFixedThreadPool(threads);
		try {
			List<T> results = new ArrayList<>();
			for (Future<T> future : executor.invokeAll(tasks)) {
				results.add(future.get());
			}
			return results;
		}
		finally {
			executor.shutdownNow();
		}
	}

	private static void await(CountDownLatch latch) throws IOException {
		try {
			if (!latch.await(PATIENCE, TimeUnit.SECONDS)) {
				throw new IOException("the test did not go on");
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IOException(ex);
		}
	}

	/** Until all have looked, if they look; one that is refused at once never does. */
	private static void awaitBriefly(CountDownLatch latch) throws IOException {
		try {
			latch.await(300, TimeUnit.MILLISECONDS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IOException(ex);
		}
	}

	/** Somebody who wants what others want. */
	@FunctionalInterface
	private interface Racer {

		void run(int number, ObjectContent content) throws Exception;

	}

}
