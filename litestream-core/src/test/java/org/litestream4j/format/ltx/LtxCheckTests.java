package org.litestream4j.format.ltx;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.MethodSource;

import org.litestream4j.LtxOptions;
import org.litestream4j.RestoreException;
import org.litestream4j.RestoreOptions;
import org.litestream4j.RestoreOptions.IntegrityCheck;
import org.litestream4j.RestoreProgress;
import org.litestream4j.RestoreReport;
import org.litestream4j.RestoreTarget;
import org.litestream4j.format.TransactionId;
import org.litestream4j.inspect.CheckReport;
import org.litestream4j.inspect.CheckReport.GenerationCheck;
import org.litestream4j.inspect.CheckReport.Newest;
import org.litestream4j.inspect.CheckReport.Verdict;
import org.litestream4j.inspect.Finding;
import org.litestream4j.inspect.Finding.Kind;
import org.litestream4j.inspect.StatusReport;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.restore.RestoreOutput;
import org.litestream4j.restore.Restorer;
import org.litestream4j.store.FileStore;
import org.litestream4j.store.ObjectStore;
import org.litestream4j.testing.CountingStore;
import org.litestream4j.testing.Seeds;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What a check says of an LTX replica is held against what restores of it come to.
 */
class LtxCheckTests {

	static final List<String> names = RecordedLtx.NAMES;

	@TempDir
	private Path directory;

	private int copies;

	private static CheckReport check(ObjectStore store) throws IOException {
		return LtxFormat.of(LtxOptions.DEFAULTS).inspector(store).check(4, RestoreProgress.NONE);
	}

	private Optional<RestoreReport> restore(ObjectStore store, RestoreTarget target) throws IOException {
		Path output = this.directory.resolve("restored.db");
		Files.deleteIfExists(output);
		try {
			return Optional.of(new Restorer("app", "file", new LtxSource(store)).restore(target,
					RestoreOutput.newFile(output), RestoreOptions.DEFAULTS.withIntegrityCheck(IntegrityCheck.NONE),
					RestoreProgress.NONE, SystemDisk.ownerOnly()));
		}
		catch (RestoreException ex) {
			return Optional.empty();
		}
	}

	/** How many transactions can be restored. */
	private long restorable(ObjectStore store, long newest) throws IOException {
		long count = 0;
		for (long txid = 1; txid <= newest; txid++) {
			count += restore(store, RestoreTarget.of(new TransactionId(txid))).isPresent() ? 1 : 0;
		}
		return count;
	}

	@ParameterizedTest
	@FieldSource("names")
	void goodReplicaIsGoodAndItsStatesAreThoseThatCanBeRestored(String name) throws IOException {
		RecordedLtx recorded = RecordedLtx.of(name);
		CountingStore store = new CountingStore(recorded.copyTo(this.directory.resolve("replica")));
		CheckReport report = check(store);
		assertThat(report.verdict()).as("%s", report).isEqualTo(Verdict.GOOD);
		assertThat(report.findings()).isEmpty();
		assertThat(report.newest()).extracting(Newest::position).isEqualTo(new TransactionId(recorded.newest().txid()));
		assertThat(report.restore()).isPositive();
		assertThat(report.restorePoints()).isEqualTo(recorded.newest().txid());
		assertThat(report.objects()).isEqualTo(recorded.objects().size());
		assertThat(report.generations()).extracting(GenerationCheck::generation).contains("level 0", "level 9");
		assertThat(store.opened()).as("each is read once").hasSize(recorded.objects().size()).doesNotHaveDuplicates();
		assertThat(store.openedBytes()).isEqualTo(report.bytes());
		StatusReport status = LtxFormat.of(LtxOptions.DEFAULTS).inspector(store).status();
		assertThat(status.newest()).extracting(StatusReport.State::start)
			.isEqualTo(new TransactionId(recorded.newest().txid()));
		assertThat(status.bytes()).isEqualTo(report.bytes());
		assertThat(status.snapshots() + status.segments()).isEqualTo(recorded.objects().size());
		assertThat(status.oldestAt()).isBefore(status.snapshotAt());
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

	@Test
	void everyDamageIsFoundAndTheVerdictIsWhatARestoreComesTo() throws IOException {
		RecordedLtx recorded = RecordedLtx.of("small");
		for (String object : recorded.objects().keySet()) {
			for (Damage damage : Damage.values()) {
				Path place = this.directory.resolve("replica-" + this.copies++);
				ObjectStore store = recorded.copyTo(place);
				damage.doTo(place.resolve(object));
				CheckReport report = check(store);
				String what = "%s %s: %s".formatted(object, damage, report);
				Optional<RestoreReport> restored = restore(store, RestoreTarget.latest());
				boolean newest = restored.isPresent()
						&& restored.get().position().equals(new TransactionId(recorded.newest().txid()));
				boolean last = object.contains("/0/%1$016x-".formatted(recorded.newest().txid()));
				if (damage == Damage.DELETED) {
					assertThat(report.verdict()).as(what).isIn(Verdict.GOOD, Verdict.DAMAGED);
					boolean middle = object.startsWith("ltx/0/") && !object.contains("0001-") && !last;
					assertThat(report.findings()).as(what)
						.filteredOn((finding) -> finding.kind() == Kind.MISSING && finding.object().equals(object))
						.hasSize(middle ? 1 : 0);
				}
				else {
					assertThat(report.verdict()).as(what).isEqualTo(newest ? Verdict.DAMAGED : Verdict.NOT_RESTORABLE);
					assertThat(report.findings()).as(what)
						.filteredOn((finding) -> finding.kind() == Kind.DAMAGED)
						.extracting(Finding::object)
						.containsExactly(object);
				}
			}
		}
	}

	static List<Long> seeds() {
		return Seeds.some(1);
	}

	@ParameterizedTest(name = "-Dtest.seed={0}")
	@MethodSource("seeds")
	void statesThatAreLeftAreThoseThatCanBeRestoredWhateverIsGone(long seed) throws IOException {
		Random random = new Random(seed);
		RecordedLtx recorded = RecordedLtx.of("small");
		for (int i = 0; i < 12; i++) {
			Path place = this.directory.resolve("replica-" + this.copies++);
			ObjectStore store = recorded.copyTo(place);
			List<String> objects = new ArrayList<>(recorded.objects().keySet());
			Collections.shuffle(objects, random);
			for (String object : objects.subList(0, 1 + random.nextInt(objects.size() * 3 / 4))) {
				Damage.values()[random.nextInt(2)].doTo(place.resolve(object));
			}
			CheckReport report = check(store);
			String what = "seed %d, run %d: %s".formatted(seed, i, report);
			assertThat(report.restorePoints()).as(what).isEqualTo(restorable(store, recorded.newest().txid()));
			boolean restored = restore(store, RestoreTarget.latest()).isPresent();
			assertThat(report.verdict() == Verdict.GOOD || report.verdict() == Verdict.DAMAGED).as(what)
				.isEqualTo(restored);
		}
	}

	@Test
	void whatWasDeletedFromTheBeginningOfALevelIsNoHole() throws Exception {
		try (LtxReplicaWriter writer = new LtxReplicaWriter(this.directory)) {
			for (int i = 1; i <= 30; i++) {
				writer.commit("INSERT INTO t (v) VALUES (randomblob(100))");
				if (i % 5 == 0) {
					writer.compact(1);
				}
				if (i == 7) {
					writer.snapshot();
				}
			}
			writer.delete(0, 12);
			CheckReport report = check(writer.store());
			assertThat(report.verdict()).as("%s", report).isEqualTo(Verdict.GOOD);
			assertThat(report.findings()).isEmpty();
			assertThat(report.restorePoints()).as("5, 7, 10, 15 and all after it").isEqualTo(4 + 15);
			writer.delete(1, 5);
			writer.delete(9, 7);
			CheckReport cut = check(writer.store());
			assertThat(cut.verdict()).isEqualTo(Verdict.NOT_RESTORABLE);
			assertThat(cut.problem()).contains("No file holds every page of the database");
			assertThat(cut.newest()).isNull();
		}
	}

	@Test
	void holesAreNamed() throws Exception {
		try (LtxReplicaWriter writer = new LtxReplicaWriter(this.directory)) {
			for (int i = 1; i <= 12; i++) {
				writer.commit("INSERT INTO t (v) VALUES (randomblob(100))");
				if (i == 8) {
					writer.snapshot();
				}
			}
			writer.store()
				.delete(List.of("ltx/0/0000000000000004-0000000000000004.ltx",
						"ltx/0/0000000000000005-0000000000000005.ltx"));
			CheckReport report = check(writer.store());
			assertThat(report.verdict()).isEqualTo(Verdict.DAMAGED);
			assertThat(report.findings()).extracting(Finding::message)
				.containsExactly(
						"Level 0 lacks transactions 0000000000000004 to 0000000000000005: states that it should hold cannot be restored");
			assertThat(report.restorePoints()).isEqualTo(8);
			writer.delete(0, 3);
			assertThat(check(writer.store()).findings()).extracting(Finding::kind).containsExactly(Kind.SURPLUS);
			writer.store().delete(List.of("ltx/9/0000000000000001-0000000000000008.ltx"));
			assertThat(check(writer.store()).verdict()).isEqualTo(Verdict.NOT_RESTORABLE);
		}
	}

	@Test
	void whatIsNoneOfTheReplicasIsNamed() throws IOException {
		Path place = this.directory.resolve("replica");
		ObjectStore store = RecordedLtx.of("small").copyTo(place);
		Files.writeString(place.resolve("lock.json"), "{}");
		Files.writeString(place.resolve("ltx/0/notes.txt"), "mine");
		Files.createDirectories(place.resolve("generations/a3612045e3c42637/snapshots"));
		Files.writeString(place.resolve("generations/a3612045e3c42637/snapshots/00000000.snapshot.lz4"), "");
		CheckReport report = check(store);
		assertThat(report.verdict()).isEqualTo(Verdict.GOOD);
		assertThat(report.findings()).extracting(Finding::kind)
			.containsExactlyInAnyOrder(Kind.STRAY, Kind.OTHER_FORMAT);
		assertThat(check(new FileStore(this.directory.resolve("nothing"), SystemDisk.ownerOnly())).verdict())
			.isEqualTo(Verdict.EMPTY);
	}

}
