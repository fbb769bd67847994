package org.litestream4j.lease;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.litestream4j.format.Generation;
import org.litestream4j.format.WalPosition;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.lease.LockFile.Means;
import org.litestream4j.store.FileStore;
import org.litestream4j.store.NewObject;
import org.litestream4j.store.ObjectContent;
import org.litestream4j.store.ObjectStore;
import org.litestream4j.store.Precondition;
import org.litestream4j.store.StoredObject;
import org.litestream4j.testing.MemoryStore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class LockFileTests {

	private static final Duration DURATION = Duration.ofSeconds(30);

	private static final Clock CLOCK = Clock.fixed(Instant.parse("2026-03-01T12:00:00Z"), ZoneOffset.UTC);

	private static final Generation GENERATION = new Generation("0123456789abcdef");

	private static final Run RUN = new Run("00000000000000aa", "here:1");

	private static final Run OTHER = new Run("00000000000000bb", "there:2");

	private final MemoryStore store = new MemoryStore();

	@TempDir
	private Path directory;

	private static LockFile file(ObjectStore store, Means means) {
		return new LockFile(store, means, DURATION, CLOCK);
	}

	private LockFile file() {
		return file(this.store, Means.COMPARE_AND_SET);
	}

	private static String stored(Answer answer) {
		assertThat(answer).isInstanceOf(Answer.Stored.class);
		return ((Answer.Stored) answer).tag();
	}

	private void put(String json) throws IOException {
		this.store.put(NewObject.named(LockFile.NAME), (out) -> out.write(json.getBytes(StandardCharsets.UTF_8)));
	}

	private String text() throws IOException {
		return new String(
				this.store.open(this.store.stat(LockFile.NAME).orElseThrow(), 0, StoredObject.END).readAllBytes(),
				StandardCharsets.UTF_8);
	}

	Stream<ObjectStore> stores() {
		return Stream.of(this.store, new FileStore(this.directory.resolve("replica"), SystemDisk.ownerOnly()));
	}

	@ParameterizedTest
	@EnumSource
	void whatIsWrittenIsReadAgainAndChangedByWhoeverHasReadIt(Means means) throws IOException {
		for (ObjectStore each : stores().toList()) {
			LockFile file = file(each, means);
			assertThat(file.read()).isEqualTo(new Answer.LockIs(null, null));
			ReplicaLock first = ReplicaLock.claimedBy(RUN, null);
			String tag = stored(file.write(null, first));
			assertThat(file.read()).isEqualTo(new Answer.LockIs(first, tag, DURATION));
			ReplicaLock second = new ReplicaLock(2, OTHER.id(), "there \"2\" \u00fc\n", GENERATION,
					new Generation("fedcba9876543210"), 7, new WalPosition(GENERATION, 3, 0x20e0), true);
			String next = stored(file.write(tag, second));
			assertThat(next).isNotEqualTo(tag);
			assertThat(file.read()).isEqualTo(new Answer.LockIs(second, next, DURATION));
			assertThat(file.write(tag, ReplicaLock.claimedBy(RUN, first))).isInstanceOf(Answer.Refused.class);
			assertThat(file.write(null, first)).isInstanceOf(Answer.Refused.class);
			assertThat(file.read().lock()).isEqualTo(second);
		}
	}

	@ParameterizedTest
	@EnumSource
	void whatWasWrittenAndNotAnsweredIsWritten(Means means) throws IOException {
		LockFile file = file(this.store, means);
		ReplicaLock first = ReplicaLock.claimedBy(RUN, null);
		String tag = stored(file.write(null, first));
		assertThat(stored(file.write(null, first))).isEqualTo(tag);
		ReplicaLock renewed = first.renewed(null);
		String next = stored(file.write(tag, renewed));
		assertThat(stored(file.write(tag, renewed))).isEqualTo(next);
	}

	@Test
	void ofTwoWhoCannotCompareAndSetTheSecondIsRefusedEvenWhenOldVersionsAreGone() throws IOException {
		LockFile file = file(this.store, Means.VERSIONS);
		ReplicaLock lock = ReplicaLock.claimedBy(RUN, null);
		String first = stored(file.write(null, lock));
		String tag = first;
		for (int i = 0; i < 5; i++) {
			lock = lock.renewed(null);
			tag = stored(file.write(tag, lock));
		}
		List<String> kept = new ArrayList<>();
		this.store.list(LockVersions.DIRECTORY, ObjectStore.Depth.DIRECTORY, (object) -> kept.add(object.name()));
		assertThat(kept).hasSize(2);
		assertThat(file.write(first, ReplicaLock.claimedBy(OTHER, lock))).isInstanceOf(Answer.Refused.class);
		assertThat(file.write(null, ReplicaLock.claimedBy(OTHER, null))).isInstanceOf(Answer.Refused.class);
		assertThat(file.read()).isEqualTo(new Answer.LockIs(lock, tag, DURATION));
	}

	@Test
	void allWhoComeLookWhereTheFirstOneHasPutIt() throws IOException {
		ReplicaLock first = ReplicaLock.claimedBy(RUN, null);
		String tag = stored(file(this.store, Means.VERSIONS).write(null, first));
		LockFile able = file();
		assertThat(able.read()).isEqualTo(new Answer.LockIs(first, tag, DURATION));
		ReplicaLock second = ReplicaLock.claimedBy(OTHER, first);
		stored(able.write(tag, second));
		assertThat(file(this.store, Means.VERSIONS).read().lock()).isEqualTo(second);
	}

	@Test
	void firstOneIsWrittenWhereTheOneBeforeDiedInBetween() throws IOException {
		this.store.put(NewObject.named(LockFile.NAME), (out) -> out.write(LockJson.elsewhere("lock")));
		LockFile able = file();
		assertThat(able.read()).isEqualTo(new Answer.LockIs(null, null));
		ReplicaLock first = ReplicaLock.claimedBy(RUN, null);
		stored(able.write(null, first));
		assertThat(able.read().lock()).isEqualTo(first);
	}

	@Test
	void versionFiveUnderstandsWhatIsWritten() throws IOException {
		file().write(null, ReplicaLock.claimedBy(RUN, null));
		assertThat(text()).startsWith(
				"{\"generation\":1,\"expires_at\":\"2026-03-01T12:00:30Z\",\"owner\":\"here:1\",\"run\":\"00000000000000aa\"");
	}

	@Test
	void whatVersionFiveWritesIsUnderstood() throws IOException {
		put("{\"generation\":7,\"expires_at\":\"2026-03-01T12:00:30.123456789Z\",\"owner\":\"there:2\"}");
		assertThat(file().read().lock()).isEqualTo(new ReplicaLock(7, "", "there:2", null, null, 0, null, false));
		put("{\"generation\":7,\"expires_at\":\"0001-01-01T00:00:00Z\",\"owner\":\"there:2\"}");
		assertThat(Objects.requireNonNull(file().read().lock()).released()).isTrue();
		put("{\"generation\":7,\"expires_at\":\"2026-03-01T12:00:30Z\"}\n");
		assertThat(Objects.requireNonNull(file().read().lock()).owner()).isEmpty();
	}

	@Test
	void whatIsNotKnownIsIgnored() throws IOException {
		put("{\"generation\":7,\"x\":{\"y\":[1,2,{}]},\"z\":1.5e3,\"owner\":\"o\",\"current\":null,\"big\":99999999999999999999}");
		assertThat(file().read().lock()).isEqualTo(new ReplicaLock(7, "", "o", null, null, 0, null, false));
	}

	@ParameterizedTest
	@ValueSource(strings = { "", " ", "{", "[]", "7", "null", "{}", "{\"generation\":0}", "{\"generation\":-1}",
			"{\"generation\":\"7\"}", "{\"generation\":7.0}", "{\"generation\":9007199254740992}",
			"{\"generation\":99999999999999999999999}", "{\"generation\":true}", "{\"generation\":{}}",
			"{\"generation\":1,\"generation\":2}", "{\"generation\":1}{}", "{\"generation\":1} x",
			"{\"generation\":1,}", "{'generation':1}", "{\"generation\":1,\"owner\":7}",
			"{\"generation\":1,\"run\":[]}", "{\"generation\":1,\"current\":\"../../x\"}",
			"{\"generation\":1,\"position\":\"x\"}", "{\"generation\":1,\"released\":\"yes\"}",
			"{\"generation\":1,\"lease\":-1}", "{\"generation\":1,\"lease\":\"30s\"}",
			"{\"generation\":1,\"renewals\":-1}", "{\"generation\":1,\"versions\":\"../elsewhere\"}",
			"{\"generation\":1,\"versions\":1}", "\u0000\u0000\u0000", "<html>\nno\n</html>" })
	void whatCannotBeUnderstoodIsSaidInOneSentence(String json) throws IOException {
		put(json);
		assertThatExceptionOfType(DamagedLockFileException.class).isThrownBy(() -> file().read())
			.withMessageMatching("lock\\.json of replica memory:test cannot be understood \\([^\\n]+\\): "
					+ "if nobody writes to this replica any more, delete it");
	}

	static Stream<String> hostile() {
		return Stream.of("{\"generation\":1,\"x\":" + "[".repeat(60_000),
				"{\"generation\":1,\"owner\":\"" + "x".repeat(60_000) + "\"}",
				"{\"generation\":1,\"" + "x".repeat(60_000) + "\":1}", "{\"generation\":" + "1".repeat(60_000) + "}",
				" ".repeat(70_000), "{\"generation\":1}" + " ".repeat(70_000));
	}

	@ParameterizedTest
	@MethodSource("hostile")
	void hostileFilesAreDamaged(String hostile) throws IOException {
		put(hostile);
		assertThatExceptionOfType(DamagedLockFileException.class).isThrownBy(() -> file().read())
			.withMessageMatching(".{1,400}");
	}

	@Test
	void nothingIsWrittenOverWhatCannotBeUnderstood() throws IOException {
		put("{");
		assertThat(file().write(null, ReplicaLock.claimedBy(RUN, null))).isInstanceOf(Answer.Refused.class);
		assertThat(text()).isEqualTo("{");
	}

	@Test
	void storeThatCannotTellVersionsApartIsNotWrittenTo() throws IOException {
		ObjectStore untagged = new MemoryStore() {
			@Override
			public java.util.Optional<StoredObject> stat(String name) {
				return super.stat(name)
					.map((object) -> new StoredObject(object.name(), object.size(), object.storedAt(), null));
			}
		};
		untagged.put(NewObject.named(LockFile.NAME),
				(out) -> out.write("{\"generation\":1}".getBytes(StandardCharsets.UTF_8)));
		assertThatExceptionOfType(UnsupportedOperationException.class)
			.isThrownBy(() -> file(untagged, Means.COMPARE_AND_SET).read())
			.withMessageContaining("cannot be changed by compare and set");
	}

	@Test
	void oneThatIsReplacedWhileItIsReadIsReadAgain() throws IOException {
		List<String> changes = new ArrayList<>(List.of("a", "b", "c"));
		ObjectStore changing = new MemoryStore() {
			@Override
			public java.util.Optional<StoredObject> stat(String name) {
				java.util.Optional<StoredObject> now = super.stat(name);
				if (!changes.isEmpty()) {
					write(this, changes.remove(0));
				}
				return now;
			}
		};
		write(changing, "first");
		assertThat(Objects.requireNonNull(file(changing, Means.COMPARE_AND_SET).read().lock()).owner()).isEqualTo("c");
	}

	private static void write(ObjectStore store, String owner) {
		ObjectContent content = (out) -> out.write(LockJson
			.write(new ReplicaLock(1, RUN.id(), owner, null, null, 0, null, false), CLOCK.instant(), DURATION));
		try {
			store.put(NewObject.named(LockFile.NAME).when(Precondition.NONE), content);
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
