package org.litestream4j.store.tck;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import org.litestream4j.store.NewObject;
import org.litestream4j.store.ObjectStore;
import org.litestream4j.store.ObjectStore.Depth;
import org.litestream4j.store.Precondition;
import org.litestream4j.store.PreconditionFailedException;
import org.litestream4j.store.StoredObject;
import org.litestream4j.store.tck.FaultProxy.Direction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

/**
 * What every {@link ObjectStore} that is reached by a network must do when that breaks:
 * after any failure there is either the whole object or nothing, and trying again
 * succeeds. Extend it with a class that names your store, which is empty at the start of
 * each test.
 */
public abstract class NetworkFaultContract {

	/** What a test waits for at most, which only one that fails does. */
	private static final int PATIENCE = 60;

	private static final int SIZE = 300_000;

	private static final byte[] CONTENT = random(1);

	private static final byte[] OLD_CONTENT = random(2);

	/** Within a request, between requests, before the first and after the last one. */
	private static final List<Long> CUTS = List.of(0L, 1L, 40L, 100L, 200L, 350L, 500L, 700L, 900L, 1_200L, 2_000L,
			5_000L, 33_000L, 150_000L, 299_000L, 301_000L, 303_000L, 306_000L);

	/** Each takes as long as it takes to give up. */
	private static final List<Long> LATE = List.of(900L, 150_000L, 301_000L);

	private @Nullable FaultProxy openProxy;

	private @Nullable ObjectStore openStore;

	private @Nullable ObjectStore openDirect;

	/** For implementations. */
	protected NetworkFaultContract() {
	}

	/**
	 * {@return where the store's server listens}
	 * @throws Exception if that cannot be found out, which fails the test
	 */
	protected abstract InetSocketAddress server() throws Exception;

	/**
	 * A new store for the test's place.
	 * @param address where to go: the server's, or that of what stands between
	 * @param timeout how long to wait for an answer
	 * @return the store; closed after the test
	 * @throws Exception if it cannot be made, which fails the test
	 */
	protected abstract ObjectStore newStore(InetSocketAddress address, Duration timeout) throws Exception;

	/**
	 * {@return the names of everything at the test's place, as
	 * {@link ObjectStoreContract#storedNames()} has it}
	 * @throws Exception if they cannot be seen, which fails the test
	 */
	protected abstract Set<String> storedNames() throws Exception;

	/**
	 * {@return what must not be in any message, as {@link ObjectStoreContract#secrets()}
	 * has it}
	 */
	protected Collection<String> secrets() {
		return List.of();
	}

	@BeforeEach
	void openStores() throws Exception {
		this.openProxy = new FaultProxy(server());
		this.openStore = newStore(proxy().address(), Duration.ofSeconds(2));
		this.openDirect = newStore(server(), Duration.ofSeconds(30));
	}

	@AfterEach
	void closeStores() throws Exception {
		proxy().behave();
		store().close();
		direct().close();
		proxy().close();
	}

	/**
	 * {@return what stands between the store and its server}
	 */
	protected final FaultProxy proxy() {
		return present(this.openProxy);
	}

	/**
	 * {@return the store as reached through the proxy}
	 */
	protected final ObjectStore store() {
		return present(this.openStore);
	}

	/**
	 * {@return the store as reached directly}
	 */
	protected final ObjectStore direct() {
		return present(this.openDirect);
	}

	private static <T> T present(@Nullable T value) {
		if (value == null) {
			throw new IllegalStateException("the test has not begun");
		}
		return value;
	}

	@Test
	void newObjectIsWholeOrNotThereWhereverTheConnectionBreaks() throws Exception {
		for (Direction direction : Direction.values()) {
			for (long bytes : CUTS) {
				String name = "d/%s-%d".formatted(direction, bytes);
				warmUp();
				proxy().cutAfter(direction, bytes);
				boolean stored = succeeds(() -> put(name, CONTENT));
				proxy().behave();
				if (stored || direct().stat(name).isPresent()) {
					assertThat(bytes(direct(), name)).as(name).isEqualTo(CONTENT);
				}
				put(name, CONTENT);
				assertThat(bytes(store(), name)).as(name).isEqualTo(CONTENT);
			}
		}
		assertThat(storedNames()).hasSize(CUTS.size() * Direction.values().length);
	}

	@Test
	void replacedObjectIsTheOldOrTheNewOneWhereverTheConnectionBreaks() throws Exception {
		for (Direction direction : Direction.values()) {
			for (long bytes : CUTS) {
				String what = "%s-%d".formatted(direction, bytes);
				put("d/a", OLD_CONTENT);
				proxy().cutAfter(direction, bytes);
				boolean stored = succeeds(() -> put("d/a", CONTENT));
				proxy().behave();
				assertThat(bytes(direct(), "d/a")).as(what)
					.isIn(stored ? List.of(CONTENT) : List.of(OLD_CONTENT, CONTENT));
				put("d/a", CONTENT);
				assertThat(bytes(store(), "d/a")).as(what).isEqualTo(CONTENT);
			}
		}
		assertThat(storedNames()).containsExactly("d/a");
	}

	/** Who tries again loses to oneself at worst, and sees that by the bytes. */
	@Test
	void nameIsTakenAtMostOnceWhereverTheConnectionBreaks() throws Exception {
		if (!supportsConditions()) {
			return;
		}
		for (Direction direction : Direction.values()) {
			for (long bytes : CUTS) {
				String name = "d/%s-%d".formatted(direction, bytes);
				warmUp();
				proxy().cutAfter(direction, bytes);
				boolean first = succeeds(() -> putAbsent(name, CONTENT));
				proxy().behave();
				boolean second = succeeds(() -> putAbsent(name, OLD_CONTENT));
				assertThat(first && second).as(name).isFalse();
				assertThat(bytes(direct(), name)).as(name).isEqualTo(second ? OLD_CONTENT : CONTENT);
			}
		}
	}

	@Test
	void versionIsReplacedAtMostOnceWhereverTheConnectionBreaks() throws Exception {
		if (!supportsConditions()) {
			return;
		}
		for (Direction direction : Direction.values()) {
			for (long bytes : CUTS) {
				String name = "d/%s-%d".formatted(direction, bytes);
				putAbsent(name, new byte[] { 1 });
				String tag = String.valueOf(direct().stat(name).orElseThrow().tag());
				warmUp();
				proxy().cutAfter(direction, bytes);
				boolean first = succeeds(() -> putUnchanged(name, tag, CONTENT));
				proxy().behave();
				boolean second = succeeds(() -> putUnchanged(name, tag, OLD_CONTENT));
				assertThat(first && second).as(name).isFalse();
				assertThat(bytes(direct(), name)).as(name).isEqualTo(second ? OLD_CONTENT : CONTENT);
			}
		}
	}

	/**
	 * What nobody waits for any more can still arrive: then it finds the name taken. The
	 * last ones are looked at again when all have had time to.
	 */
	@Test
	void requestThatArrivesLateReplacesNothing() throws Exception {
		if (!supportsConditions()) {
			return;
		}
		Set<String> names = new HashSet<>();
		for (long bytes : LATE) {
			String name = "late/%d".formatted(bytes);
			names.add(name);
			warmUp();
			proxy().stallAfter(Direction.TO_SERVER, bytes);
			boolean first = inAnotherThread(() -> succeeds(() -> putAbsent(name, CONTENT)));
			boolean second = succeeds(() -> direct().put(NewObject.named(name).when(Precondition.ABSENT),
					(out) -> out.write(OLD_CONTENT)));
			assertThat(first && second).as(name).isFalse();
			byte[] stored = bytes(direct(), name);
			assertThat(stored).as(name).isEqualTo(second ? OLD_CONTENT : CONTENT);
			proxy().behave();
			warmUp();
			assertThat(bytes(direct(), name)).as(name).isEqualTo(stored);
			put("after/%d".formatted(bytes), stored);
		}
		for (String name : names) {
			assertThat(bytes(direct(), name)).as(name).isEqualTo(bytes(direct(), name.replace("late/", "after/")));
		}
	}

	private boolean supportsConditions() throws IOException {
		try {
			direct().put(NewObject.named("probe").when(Precondition.ABSENT), (out) -> out.write(1));
			direct().delete(List.of("probe"));
			return true;
		}
		catch (UnsupportedOperationException ex) {
			return false;
		}
	}

	@Test
	void readIsWholeOrFailsWhereverTheConnectionBreaks() throws Exception {
		put("d/a", CONTENT);
		for (Direction direction : Direction.values()) {
			for (long bytes : CUTS) {
				warmUp();
				proxy().cutAfter(direction, bytes);
				List<byte[]> read = new ArrayList<>();
				boolean whole = succeeds(() -> read.add(bytes(store(), "d/a")));
				if (whole) {
					assertThat(read).as("%s-%d", direction, bytes).containsExactly(CONTENT);
				}
				proxy().behave();
				assertThat(bytes(store(), "d/a")).isEqualTo(CONTENT);
			}
		}
	}

	@Test
	void listingIsCompleteOrFailsWhereverTheConnectionBreaks() throws Exception {
		Set<String> expected = new HashSet<>();
		for (int i = 0; i < 300; i++) {
			String name = "d/%d/%03d".formatted(i % 3, i);
			expected.add(name);
			direct().put(NewObject.named(name), (out) -> out.write(1));
		}
		for (Direction direction : Direction.values()) {
			for (long bytes : CUTS) {
				warmUp();
				proxy().cutAfter(direction, bytes);
				List<String> names = new ArrayList<>();
				boolean complete = succeeds(() -> store().list("", Depth.TREE, (object) -> names.add(object.name())));
				if (complete) {
					assertThat(names).as("%s-%d", direction, bytes).containsExactlyInAnyOrderElementsOf(expected);
				}
				List<String> directories = new ArrayList<>();
				if (succeeds(() -> directories.addAll(store().directories("d")))) {
					assertThat(directories).containsExactlyInAnyOrder("0", "1", "2");
				}
				proxy().behave();
			}
		}
		List<String> names = new ArrayList<>();
		store().list("", Depth.TREE, (object) -> names.add(object.name()));
		assertThat(names).containsExactlyInAnyOrderElementsOf(expected);
	}

	@Test
	void deletingAgainDeletesTheRestWhereverTheConnectionBreaks() throws Exception {
		direct().put(NewObject.named("d/kept"), (out) -> out.write(1));
		for (Direction direction : Direction.values()) {
			for (long bytes : CUTS.subList(0, 12)) {
				List<String> names = new ArrayList<>();
				for (int i = 0; i < 10; i++) {
					names.add("d/%d".formatted(i));
					direct().put(NewObject.named(names.get(i)), (out) -> out.write(1));
				}
				warmUp();
				proxy().cutAfter(direction, bytes);
				boolean deleted = succeeds(() -> store().delete(names));
				proxy().behave();
				if (!deleted) {
					store().delete(names);
				}
				assertThat(storedNames()).as("%s-%d", direction, bytes).containsExactly("d/kept");
			}
		}
	}

	@Test
	void slowNetworkIsWaitedFor() throws Exception {
		proxy().delay(Duration.ofMillis(15));
		put("d/a", CONTENT);
		assertThat(bytes(store(), "d/a")).isEqualTo(CONTENT);
		assertThat(store().directories("")).containsExactly("d");
		store().delete(List.of("d/a"));
		assertThat(storedNames()).isEmpty();
	}

	@Test
	void serverThatIsDownSaysSoAndWorksAgainWhenItIsBack() throws Exception {
		put("d/a", CONTENT);
		proxy().refuse();
		List<Call> calls = List.of(() -> put("d/b", CONTENT), () -> bytes(store(), "d/a"),
				() -> store().list("", Depth.TREE, (object) -> true), () -> store().directories(""),
				() -> store().stat("d/a"), () -> store().delete(List.of("d/a")));
		for (int i = 0; i < calls.size(); i++) {
			IOException failure = catchThrowableOfType(IOException.class, calls.get(i)::run);
			assertThat(failure).as("call %d", i).isNotNull();
			assertOneSentence(failure);
		}
		proxy().behave();
		put("d/b", CONTENT);
		assertThat(storedNames()).containsExactlyInAnyOrder("d/a", "d/b");
	}

	@Test
	void serverThatFallsSilentIsGivenUp() throws Exception {
		put("d/a", CONTENT);
		List<Call> calls = List.of(() -> put("d/b", CONTENT), () -> bytes(store(), "d/a"), () -> store().stat("d/a"),
				() -> store().list("", Depth.TREE, (object) -> true), () -> store().delete(List.of("d/c")));
		for (Call call : calls) {
			warmUp();
			proxy().stall();
			IOException failure = inAnotherThread(() -> catchThrowableOfType(IOException.class, call::run));
			assertThat(failure).isNotNull();
			assertOneSentence(failure);
			proxy().cut();
			proxy().behave();
		}
		put("d/b", CONTENT);
		assertThat(bytes(store(), "d/b")).isEqualTo(CONTENT);
		assertThat(storedNames()).containsExactlyInAnyOrder("d/a", "d/b");
	}

	@Test
	void interruptEndsACallAndStaysSet() throws Exception {
		put("d/a", CONTENT);
		List<Call> calls = List.of(() -> put("d/b", CONTENT), () -> bytes(store(), "d/a"),
				() -> store().list("", Depth.TREE, (object) -> true));
		for (Call call : calls) {
			warmUp();
			proxy().stall();
			boolean interrupted = inAnotherThread(() -> {
				Thread.currentThread().interrupt();
				IOException failure = catchThrowableOfType(IOException.class, call::run);
				assertThat(failure).isNotNull();
				return Thread.interrupted();
			});
			assertThat(interrupted).isTrue();
			proxy().cut();
			proxy().behave();
		}
		put("d/b", CONTENT);
		assertThat(storedNames()).containsExactlyInAnyOrder("d/a", "d/b");
	}

	@Test
	void closingAStreamEndsAReadThatWaits() throws Exception {
		try (ObjectStore patient = newStore(proxy().address(), Duration.ofSeconds(PATIENCE * 10L))) {
			byte[] large = new byte[8 << 20];
			patient.put(NewObject.named("large"), (out) -> out.write(large));
			InputStream in = patient.open(new StoredObject("large", -1, Instant.EPOCH, null), 0, StoredObject.END);
			assertThat(in.read()).isZero();
			proxy().stall();
			ExecutorService executor = Executors.newSingleThreadExecutor();
			try {
				Future<Integer> read = executor.submit(() -> succeeds(() -> in.readAllBytes()) ? 1 : 0);
				in.close();
				assertThat(read.get(PATIENCE, TimeUnit.SECONDS)).isZero();
			}
			finally {
				executor.shutdownNow();
			}
			proxy().cut();
			proxy().behave();
		}
	}

	@Test
	void manyWritersGetOnThroughEverything() throws Exception {
		Set<String> stored = Collections.synchronizedSet(new HashSet<>());
		ExecutorService executor = Executors.newFixedThreadPool(4);
		try {
			List<Future<?>> writers = new ArrayList<>();
			for (int i = 0; i < 4; i++) {
				int writer = i;
				writers.add(executor.submit(() -> {
					for (int j = 0; j < 10; j++) {
						String name = "d/%d/%d".formatted(writer, j);
						while (!succeeds(() -> put(name, CONTENT))) {
							Thread.onSpinWait();
						}
						stored.add(name);
					}
					return null;
				}));
			}
			for (int cut = 0; cut < 15; cut++) {
				proxy().cutAfter((cut % 2 == 0) ? Direction.TO_SERVER : Direction.TO_STORE,
						(cut % 2 == 0) ? 400_000 : 5_000);
			}
			for (Future<?> writer : writers) {
				writer.get(PATIENCE * 2L, TimeUnit.SECONDS);
			}
		}
		finally {
			executor.shutdownNow();
		}
		proxy().behave();
		for (String name : stored) {
			assertThat(bytes(direct(), name)).as(name).isEqualTo(CONTENT);
		}
		assertThat(stored).hasSize(40);
		List<String> names = new ArrayList<>();
		direct().list("", Depth.TREE, (object) -> names.add(object.name()));
		assertThat(names).containsExactlyInAnyOrderElementsOf(stored);
	}

	/** So that a connection is there, and breaks in what a test is about. */
	private void warmUp() throws IOException {
		store().stat("nothing");
	}

	private void put(String name, byte[] content) throws IOException {
		store().put(NewObject.named(name), (out) -> out.write(content));
	}

	private void putAbsent(String name, byte[] content) throws IOException {
		store().put(NewObject.named(name).when(Precondition.ABSENT), (out) -> out.write(content));
	}

	private void putUnchanged(String name, String tag, byte[] content) throws IOException {
		store().put(NewObject.named(name).when(Precondition.unchanged(tag)), (out) -> out.write(content));
	}

	/** Whether a call succeeds; if not it fails as it should. */
	private boolean succeeds(Call call) {
		try {
			call.run();
			return true;
		}
		catch (PreconditionFailedException ex) {
			return false;
		}
		catch (IOException ex) {
			assertOneSentence(ex);
			return false;
		}
	}

	private void assertOneSentence(Throwable failure) {
		assertThat(failure.getMessage()).isNotBlank().doesNotContain("\n", "Exception");
		StringWriter trace = new StringWriter();
		failure.printStackTrace(new PrintWriter(trace));
		assertThat(secrets()).noneMatch(trace.toString()::contains);
	}

	private static <T> T inAnotherThread(Callable<T> call) throws Exception {
		ExecutorService executor = Executors.newSingleThreadExecutor();
		try {
			return executor.submit(call).get(PATIENCE, TimeUnit.SECONDS);
		}
		finally {
			executor.shutdownNow();
		}
	}

	private static byte[] bytes(ObjectStore store, String name) throws IOException {
		try (InputStream in = store.open(new StoredObject(name, -1, Instant.EPOCH, null), 0, StoredObject.END)) {
			return in.readAllBytes();
		}
	}

	private static byte[] random(long seed) {
		byte[] bytes = new byte[SIZE];
		new Random(seed).nextBytes(bytes);
		return bytes;
	}

	/** What may fail. */
	@FunctionalInterface
	private interface Call {

		void run() throws IOException;

	}

}
