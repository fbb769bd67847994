package org.litestream4j.restore;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.MethodSource;

import org.litestream4j.RestoreException;
import org.litestream4j.RestoreOptions;
import org.litestream4j.RestoreOptions.IntegrityCheck;
import org.litestream4j.RestoreProgress;
import org.litestream4j.RestoreReport;
import org.litestream4j.RestoreTarget;
import org.litestream4j.format.Generation;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.WalSegment;
import org.litestream4j.format.v03.V03Format;
import org.litestream4j.format.v03.V03Replica;
import org.litestream4j.inspect.CheckReport;
import org.litestream4j.inspect.CheckReport.GenerationCheck;
import org.litestream4j.inspect.CheckReport.Verdict;
import org.litestream4j.inspect.Finding;
import org.litestream4j.inspect.Finding.Kind;
import org.litestream4j.inspect.StatusReport;
import org.litestream4j.io.Disk;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.store.FileStore;
import org.litestream4j.store.ForwardingStore;
import org.litestream4j.store.ObjectStore;
import org.litestream4j.store.OpenedObject;
import org.litestream4j.store.StoredObject;
import org.litestream4j.testing.Seeds;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * What a check says of a replica is held against what restores of it come to.
 */
class ReplicaCheckTests {

	static final List<String> names = RecordedReplica.NAMES;

	@TempDir
	private Path directory;

	@ParameterizedTest
	@FieldSource("names")
	void goodReplicaIsGoodAndItsStatesAreThoseThatCanBeRestored(String name) throws IOException {
		V03Replica replica = copy(name);
		CheckReport report = check(replica.store());
		assertThat(report.verdict()).as("%s", report).isEqualTo(Verdict.GOOD);
		assertThat(report.problem()).isNull();
		assertThat(report.findings()).filteredOn((finding) -> finding.kind() != Kind.SURPLUS).isEmpty();
		RestoreReport restored = restore(replica, RestoreTarget.latest()).orElseThrow();
		assertThat(report.newest()).isNotNull();
		assertThat(report.newest().position()).isEqualTo(restored.position());
		assertThat(report.restore()).isPositive();
		for (GenerationCheck generation : report.generations()) {
			assertThat(generation.restorePoints()).as("%s", report)
				.isEqualTo(restorable(replica, new Generation(generation.generation())));
			assertThat(generation.transactions()).isGreaterThanOrEqualTo(generation.restorePoints());
			assertThat(generation.firstAt()).isBeforeOrEqualTo(generation.lastAt());
		}
		assertThat(report.objects()).isEqualTo(objects().size());
		assertThat(report.bytes()).isEqualTo(objects().stream().mapToLong(ReplicaCheckTests::size).sum());
	}

	/** What is done to an object. */
	private enum Damage {

		DELETED, FLIPPED, CUT;

		void doTo(Path object) throws IOException {
			byte[] bytes = Files.readAllBytes(object);
			FileTime time = Files.getLastModifiedTime(object);
			switch (this) {
				case DELETED -> Files.delete(object);
				case FLIPPED -> {
					bytes[bytes.length / 2] ^= 0x10;
					Files.write(object, bytes);
				}
				case CUT -> Files.write(object, Arrays.copyOf(bytes, bytes.length / 2));
			}
			if (this != DELETED) {
				Files.setLastModifiedTime(object, time);
			}
		}

	}

	@ParameterizedTest
	@FieldSource("names")
	void everyDamageIsFoundAndTheVerdictIsWhatARestoreComesTo(String name) throws IOException {
		Optional<String> right = restore(copy(name), RestoreTarget.latest()).map(RestoreReport::sha256);
		assertThat(right).isPresent();
		int count = objects().size();
		for (int i = 0; i < count; i++) {
			for (Damage damage : Damage.values()) {
				V03Replica replica = copy(name);
				Path object = objects().get(i);
				damage.doTo(object);
				CheckReport report = check(replica.store());
				String what = "%s of %s %s: %s".formatted(name, object.getFileName(), damage, report);
				Optional<RestoreReport> restored = restore(replica, RestoreTarget.latest());
				boolean restorable = report.verdict() == Verdict.GOOD || report.verdict() == Verdict.DAMAGED;
				if (restorable) {
					assertThat(report.newest()).as(what).isNotNull();
					assertThat(restored).as(what).isPresent();
					assertThat(report.newest().position()).as(what).isEqualTo(restored.get().position());
				}
				else {
					// or worse: without what is missing, which a restore need not notice
					assertThat(report.problem()).as(what).isNotBlank();
					assertThat(restored.map(RestoreReport::sha256)).as(what).isNotEqualTo(right);
				}
				if (damage != Damage.DELETED) {
					assertThat(report.verdict()).as(what).isNotEqualTo(Verdict.GOOD);
					assertThat(report.findings()).as(what)
						.filteredOn((finding) -> finding.kind() == Kind.DAMAGED)
						.extracting(Finding::object)
						.containsExactly(this.directory.resolve("replica").relativize(object).toString());
				}
			}
		}
	}

	static List<Long> seeds() {
		return Seeds.some(1);
	}

	@ParameterizedTest(name = "-Dtest.seed={0}")
	@MethodSource("seeds")
	void statesOfADamagedReplicaAreCounted(long seed) throws IOException {
		Random random = new Random(seed);
		for (int i = 0; i < 12; i++) {
			String name = names.get(random.nextInt(names.size()));
			V03Replica replica = copy(name);
			Path object = objects().get(random.nextInt(objects().size()));
			// that the end of a WAL was deleted shows only where sizes do not fit any
			// more
			Damage damage = random.nextBoolean() ? Damage.FLIPPED : Damage.CUT;
			damage.doTo(object);
			CheckReport report = check(replica.store());
			for (GenerationCheck generation : report.generations()) {
				assertThat(generation.restorePoints())
					.as("seed %d, %s of %s %s: %s", seed, name, object.getFileName(), damage, report)
					.isEqualTo(restorable(replica, new Generation(generation.generation())));
			}
		}
	}

	@Test
	void missingSegmentIsNamed() throws IOException {
		V03Replica replica = copy("plain");
		Path segment = this.directory.resolve("replica/generations/a3612045e3c42637/wal/00000002_00000000.wal.lz4");
		Files.delete(segment);
		CheckReport report = check(replica.store());
		assertThat(report.findings()).anySatisfy((finding) -> {
			assertThat(finding.kind()).isEqualTo(Kind.MISSING);
			assertThat(finding.message()).isEqualTo(
					"generations/a3612045e3c42637/wal/00000002_00000000.wal.lz4 is missing: no state after it can be restored, up to the next snapshot");
		});
	}

	@Test
	void everyObjectIsReadOnce() throws IOException {
		V03Replica replica = copy("incremental");
		Map<String, Integer> opened = new ConcurrentHashMap<>();
		check(new ForwardingStore(replica.store()) {
			@Override
			public ObjectStore afresh() {
				return this;
			}

			@Override
			public OpenedObject open(StoredObject object, long from, long to) throws IOException {
				if (to == StoredObject.END) { // not only its note
					opened.merge(object.name(), 1, Integer::sum);
				}
				return super.open(object, from, to);
			}
		});
		assertThat(opened.keySet()).containsExactlyInAnyOrderElementsOf(objects().stream()
			.map((path) -> this.directory.resolve("replica").relativize(path).toString())
			.toList());
		assertThat(opened.values()).containsOnly(1);
	}

	@Test
	void strayObjectsAreNamedAndWhatBelongsToAReplicaIsNot() throws IOException {
		V03Replica replica = copy("plain");
		Path place = this.directory.resolve("replica");
		Files.writeString(place.resolve("lock.json"), "{}");
		Files.writeString(place.resolve("wanted.json"), "{}");
		Files.writeString(place.resolve("notes.txt"), "mine");
		Files.createDirectories(place.resolve("ltx/0"));
		Files.writeString(place.resolve("ltx/0/0000000000000001-0000000000000001.ltx"), "");
		Files.writeString(objects().get(0).resolveSibling("00000000.snapshot.lz4.bak"), "");
		CheckReport report = check(replica.store());
		assertThat(report.findings()).extracting(Finding::kind)
			.containsOnlyOnce(Kind.OTHER_FORMAT)
			.filteredOn(Kind.STRAY::equals)
			.hasSize(2);
		assertThat(report.findings()).extracting(Finding::object).contains("notes.txt");
	}

	@Test
	void nothingIsNoGoodReplica() throws IOException {
		CheckReport report = check(new FileStore(this.directory.resolve("nothing"), SystemDisk.ownerOnly()));
		assertThat(report.verdict()).isEqualTo(Verdict.EMPTY);
		assertThat(report.problem()).contains("no backup");
	}

	@Test
	void storeThatFailsIsNoVerdict() throws IOException {
		V03Replica replica = copy("plain");
		assertThatExceptionOfType(IOException.class).isThrownBy(() -> check(failing(replica.store(), null)));
	}

	@Test
	void objectThatCannotBeReadAmongOthersIsAFinding() throws IOException {
		V03Replica replica = copy("plain");
		String name = this.directory.resolve("replica").relativize(objects().get(3)).toString();
		CheckReport report = check(failing(replica.store(), name));
		assertThat(report.verdict()).isNotEqualTo(Verdict.GOOD);
		assertThat(report.findings())
			.anyMatch((finding) -> finding.kind() == Kind.UNREADABLE && finding.object().equals(name));
	}

	/** Fails to open one object, or all. */
	private static ObjectStore failing(ObjectStore store, @Nullable String only) {
		return new ForwardingStore(store) {
			@Override
			public ObjectStore afresh() {
				return this;
			}

			@Override
			public OpenedObject open(StoredObject object, long from, long to) throws IOException {
				if (only == null || object.name().equals(only)) {
					throw new IOException("the disk is broken");
				}
				return super.open(object, from, to);
			}
		};
	}

	@Test
	void checkCanBeEnded() throws IOException {
		V03Replica replica = copy("plain");
		RestoreProgress ended = new RestoreProgress() {
			@Override
			public void advanced(long done, long total) {
				// is over
			}

			@Override
			public boolean isCancelled() {
				return true;
			}
		};
		assertThatExceptionOfType(RestoreException.class)
			.isThrownBy(() -> V03Format.INSTANCE.inspector(replica.store()).check(4, ended))
			.extracting(RestoreException::kind)
			.isEqualTo(RestoreException.Kind.CANCELLED);
	}

	@ParameterizedTest
	@FieldSource("names")
	void statusIsThatOfTheStateWhichIsRestored(String name) throws IOException {
		V03Replica replica = copy(name);
		Files.writeString(this.directory.resolve("replica/lock.json"),
				"{\"generation\": 3, \"owner\": \"host:7\", \"run\": \"00000000000000aa\", \"released\": true}");
		StatusReport status = V03Format.INSTANCE.inspector(replica.store()).status();
		RestoreReport restored = restore(replica, RestoreTarget.latest()).orElseThrow();
		assertThat(status.newest()).isNotNull();
		WalPosition end = (WalPosition) restored.position();
		assertThat(status.newest().start()).isInstanceOfSatisfying(WalPosition.class, (start) -> {
			assertThat(start.index()).isEqualTo(end.index());
			assertThat(start.generation()).isEqualTo(end.generation());
		});
		assertThat(status.newest().committedAt()).isBeforeOrEqualTo(restored.createdAt())
			.isEqualTo(replica.walSegments(end.generation())
				.stream()
				.map(WalSegment::createdAt)
				.max(Comparator.naturalOrder())
				.orElseThrow());
		assertThat(status.problem()).isNull();
		assertThat(status.snapshots() + status.segments()).isEqualTo(objects().size());
		assertThat(status.bytes()).isEqualTo(objects().stream().mapToLong(ReplicaCheckTests::size).sum());
		assertThat(status.oldestAt()).isBeforeOrEqualTo(status.snapshotAt());
		assertThat(status.owner()).isEqualTo(new StatusReport.Owner("host:7", 3, true));
	}

	private static CheckReport check(ObjectStore store) throws IOException {
		return V03Format.INSTANCE.inspector(store).check(4, RestoreProgress.NONE);
	}

	/** How many states restores as of the times of objects lead to. */
	private long restorable(V03Replica replica, Generation generation) throws IOException {
		Set<Object> positions = new HashSet<>();
		List<RestoreTarget> targets = new ArrayList<>();
		for (WalSegment segment : replica.walSegments(generation)) {
			targets.add(RestoreTarget.asOf(segment.createdAt()).within(generation));
		}
		for (Snapshot snapshot : replica.snapshots(generation)) {
			targets.add(RestoreTarget.asOf(snapshot.createdAt()).within(generation));
		}
		for (RestoreTarget target : targets) {
			restore(replica, target).ifPresent((report) -> positions.add(report.position()));
		}
		return positions.size();
	}

	private Optional<RestoreReport> restore(V03Replica replica, RestoreTarget target) throws IOException {
		Path file = this.directory.resolve("restored.db");
		try {
			return Optional.of(Restorer.quiet("app.db", "file", replica)
				.restore(target, RestoreOutput.newFile(file),
						RestoreOptions.DEFAULTS.withIntegrityCheck(IntegrityCheck.NONE), RestoreProgress.NONE,
						unforced(Disk.class, SystemDisk.ownerOnly())));
		}
		catch (RestoreException ex) {
			return Optional.empty();
		}
		finally {
			Files.deleteIfExists(file);
		}
	}

	/** Nobody cuts the power here, and forcing takes most of the time. */
	private static <T> T unforced(Class<T> type, T disk) {
		return type
			.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] { type }, (proxy, method, args) -> {
				if (method.getName().startsWith("force")) {
					return null;
				}
				try {
					Object result = method.invoke(disk, args);
					return (result instanceof Disk.DiskFile file) ? unforced(Disk.DiskFile.class, file) : result;
				}
				catch (InvocationTargetException ex) {
					throw ex.getCause();
				}
			}));
	}

	private V03Replica copy(String name) throws IOException {
		Path target = this.directory.resolve("replica");
		if (Files.exists(target)) {
			try (Stream<Path> files = Files.walk(target)) {
				for (Path file : (Iterable<Path>) files.sorted(Comparator.reverseOrder())::iterator) {
					Files.delete(file);
				}
			}
		}
		return RecordedReplica.of(name).copyTo(target);
	}

	private List<Path> objects() throws IOException {
		try (Stream<Path> files = Files.walk(this.directory.resolve("replica"))) {
			return files.filter((file) -> file.toString().endsWith(".lz4")).sorted().toList();
		}
	}

	private static long size(Path file) {
		return file.toFile().length();
	}

}
