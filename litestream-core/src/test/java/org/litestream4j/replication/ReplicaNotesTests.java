package org.litestream4j.replication;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.format.Generation;
import org.litestream4j.format.WalPosition;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.replication.ReplicaNotes.Chore;
import org.litestream4j.testing.CapturedLog;

import static org.assertj.core.api.Assertions.assertThat;

class ReplicaNotesTests {

	private static final Instant NOON = Instant.parse("2026-01-31T12:00:00.123456789Z");

	private final Generation generation = Generation.random();

	private final WalPosition start = new WalPosition(this.generation, 3, 32);

	@TempDir
	private Path meta;

	private ReplicaNotes read(String url) {
		return read(url, "0123456789abcdef");
	}

	private ReplicaNotes read(String url, String run) {
		return ReplicaNotes.of(SystemDisk.ownerOnly(), this.meta, "one", url, run);
	}

	private Path file() throws IOException {
		try (var files = Files.list(this.meta)) {
			List<Path> found = files.toList();
			assertThat(found).hasSize(1);
			return found.get(0);
		}
	}

	@Test
	void whatWasNotedIsThereAtTheNextStart() {
		SentSegment stored = SentSegment.unanswered(this.start, 8272, NOON).stored(700);
		SentSegment sent = SentSegment.unanswered(stored.position(), 12392, NOON.plusSeconds(1));
		ReplicaNotes notes = read("file:///a");
		notes.done(Chore.RETENTION, NOON);
		notes.sending(SentSegment.unanswered(this.start, 8272, NOON));
		notes.stored(stored);
		notes.sending(sent);
		notes.close();
		ReplicaNotes again = read("file:///a");
		assertThat(again.acknowledged(this.generation)).isEqualTo(stored);
		assertThat(again.unanswered(this.generation)).isEqualTo(sent);
		assertThat(again.sentAt(stored.position())).isEqualTo(sent);
		assertThat(again.lastDone(Chore.RETENTION)).isEqualTo(NOON.truncatedTo(ChronoUnit.MILLIS));
		assertThat(again.lastDone(Chore.VALIDATION)).isNull();
	}

	@Test
	void requestThatMayStillTakeEffectIsKnownToAllLaterRuns() {
		ReplicaNotes notes = read("file:///a");
		notes.sending(SentSegment.unanswered(this.start, 8272, NOON));
		notes.close();
		for (int run = 0; run < 3; run++) {
			ReplicaNotes later = read("file:///a");
			later.renumbered();
			assertThat(later.unanswered(this.generation)).isNull();
			assertThat(later.lateEnd(this.generation)).isEqualTo(8272);
			assertThat(later.lateEnd(Generation.random())).isZero();
			later.close();
		}
		ReplicaNotes shorter = read("file:///a");
		shorter.sending(SentSegment.unanswered(this.start, 4152, NOON));
		shorter.renumbered();
		shorter.close();
		assertThat(read("file:///a").lateEnd(this.generation)).isEqualTo(8272);
	}

	@Test
	void whoWroteLastIsKnownHoweverManyRunsFollowThatWriteNothing() {
		ReplicaNotes first = read("file:///a", "00000000000000aa");
		first.endWrittenBy("00000000000000ff");
		assertThat(first.writers()).containsExactly("00000000000000ff");
		first.sending(SentSegment.unanswered(this.start, 8272, NOON));
		assertThat(first.writers()).as("one of the two")
			.containsExactlyInAnyOrder("00000000000000ff", "00000000000000aa");
		first.stored(SentSegment.unanswered(this.start, 8272, NOON).stored(700));
		first.close();
		for (int run = 0; run < 300; run++) {
			ReplicaNotes later = read("file:///a", "%016x".formatted(run));
			later.renumbered();
			assertThat(later.writers()).containsExactly("00000000000000aa");
			later.close();
		}
		assertThat(read("file:///b").writers()).isEmpty();
	}

	@Test
	void notesOfAnotherPlaceOrGenerationAreWorthNothing() {
		ReplicaNotes notes = read("file:///a");
		notes.sending(SentSegment.unanswered(this.start, 8272, NOON));
		notes.close();
		assertThat(read("file:///b").unanswered(this.generation)).isNull();
		assertThat(read("file:///a").unanswered(Generation.random())).isNull();
	}

	@Test
	void tornNotesAreWorthNothing() throws Exception {
		ReplicaNotes notes = read("file:///a");
		notes.sending(SentSegment.unanswered(this.start, 8272, NOON));
		notes.close();
		byte[] whole = Files.readAllBytes(file());
		for (int i = 0; i < whole.length - 1; i++) {
			byte[] torn = whole.clone();
			torn[i]++;
			Files.write(file(), torn);
			assertThat(read("file:///a").unanswered(this.generation)).as("byte %d", i).isNull();
		}
		Files.write(file(), new byte[10_000_000]);
		assertThat(read("file:///a").unanswered(this.generation)).isNull();
	}

	@Test
	void linkInPlaceOfTheNotesIsNeitherReadNorWritten() throws Exception {
		Path elsewhere = Files.createDirectory(this.meta.resolve("elsewhere")).resolve("file");
		ReplicaNotes first = ReplicaNotes.of(SystemDisk.ownerOnly(), this.meta.resolve("elsewhere"), "one", "file:///a",
				"0123456789abcdef");
		first.sending(SentSegment.unanswered(this.start, 8272, NOON));
		first.close();
		Path written;
		try (var files = Files.list(elsewhere.getParent())) {
			written = files.findFirst().orElseThrow();
		}
		Files.createSymbolicLink(this.meta.resolve(written.getFileName()), written);
		byte[] before = Files.readAllBytes(written);
		try (CapturedLog log = CapturedLog.begin()) {
			ReplicaNotes notes = read("file:///a");
			assertThat(notes.unanswered(this.generation)).isNull();
			notes.sending(SentSegment.unanswered(this.start, 99, NOON));
			notes.sending(SentSegment.unanswered(this.start, 99, NOON));
			assertThat(log.warnings()).singleElement().asString().contains("cannot be written");
		}
		assertThat(written).hasBinaryContent(before);
	}

	@Test
	void closedNotesAreNotWrittenAnyMore() {
		ReplicaNotes notes = read("file:///a");
		notes.sending(SentSegment.unanswered(this.start, 8272, NOON));
		notes.close();
		notes.sending(SentSegment.unanswered(this.start, 99, NOON));
		SentSegment kept = read("file:///a").unanswered(this.generation);
		assertThat(kept).isNotNull();
		assertThat(kept.end()).isEqualTo(8272);
	}

}
