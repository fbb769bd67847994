package org.litestream4j.live;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.sql.SQLException;
import java.time.Instant;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.format.Generation;
import org.litestream4j.format.WalPosition;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.observe.LitestreamListener.GenerationReason;
import org.litestream4j.sqlite.WalHeader;
import org.litestream4j.testing.TestDatabase;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Tests for {@link LocalLog#adopt}: a restored database goes on in the generation that it
 * was restored from, unless anything may have been missed.
 */
class AdoptionTests {

	private static final String OTHERS = "00000000000000b1";

	private static final String OWN = "00000000000000a1";

	private static final WalPosition END = new WalPosition(new Generation("0123456789abcdef"), 6, 20_032);

	private static final WalPosition BEGIN = new WalPosition(END.generation(), 9, 0);

	@TempDir
	private Path temp;

	private Path database;

	private Following following;

	@BeforeEach
	void restore() throws SQLException {
		this.database = this.temp.resolve("app.db");
		this.following = Following.in(this.temp);
		try (TestDatabase app = TestDatabase.open(this.temp.resolve("original.db"), "journal_mode", "WAL")) {
			app.commits(5);
			app.execute("VACUUM INTO '%s'".formatted(this.database));
		}
		try (TestDatabase app = TestDatabase.open(this.database, "journal_mode", "WAL")) {
			app.query("PRAGMA wal_checkpoint(TRUNCATE)");
		}
	}

	private LocalLog read() throws IOException {
		return LocalLog.read(SystemDisk.ownerOnly(), this.temp.resolve("meta"));
	}

	private LocalLog adopt() throws IOException {
		LocalLog log = read();
		log.beginRun(OWN);
		log.adopt(END, OTHERS, BEGIN.index(), this.database);
		return log;
	}

	private WalPosition start() throws IOException {
		try (WalShadower shadower = this.following.start()) {
			return shadower.shadowWal().requirePosition();
		}
	}

	@Test
	void restoredDatabaseGoesOnWhereTheReplicaEnds() throws Exception {
		LocalLog log = adopt();
		assertThat(log.end()).hasValue(BEGIN);
		assertThat(log.continuationOf(END, OTHERS)).isEqualTo(new Continuation.At(BEGIN, 0));
		WalPosition end;
		try (WalShadower shadower = this.following.start(); TestDatabase app = TestDatabase.open(this.database)) {
			assertThat(shadower.shadowWal().requirePosition()).isEqualTo(BEGIN);
			app.commits(2);
			shadower.step();
			end = shadower.shadowWal().requirePosition();
			assertThat(end.index()).isEqualTo(BEGIN.index());
			assertThat(end.offset()).isGreaterThan(WalHeader.SIZE);
			assertThat(shadower.shadowWal().continuationOf(END, OTHERS)).isEqualTo(new Continuation.At(BEGIN, 0));
			assertThat(shadower.shadowWal().continuationOf(end, OWN)).isEqualTo(new Continuation.At(end, 0));
		}
		assertThat(start()).isEqualTo(end);
		assertThat(this.following.generations()).isEmpty();
	}

	@Test
	void startThatFindsNoCommitYetGoesOnAgain() throws Exception {
		adopt();
		for (int i = 0; i < 3; i++) {
			assertThat(start()).isEqualTo(BEGIN);
		}
		LocalLog log = read();
		log.beginRun("00000000000000a2");
		log.renumber(BEGIN.index(), 2);
		WalPosition moved = new WalPosition(END.generation(), 11, 0);
		assertThat(log.continuationOf(END, OTHERS)).isEqualTo(new Continuation.At(moved, 0));
		assertThat(start()).isEqualTo(moved);
		assertThat(this.following.generations()).isEmpty();
	}

	@Test
	void onlyTheVeryEndThatWasRestoredIsGoneOnFrom() throws Exception {
		LocalLog log = adopt();
		WalPosition before = END.at(END.offset() - 4120);
		assertThat(log.continuationOf(before, OTHERS)).isEqualTo(new Continuation.UnknownWriter(OTHERS));
		String another = "00000000000000c1";
		assertThat(log.continuationOf(END, another)).isEqualTo(new Continuation.UnknownWriter(another));
		assertThat(log.continuationOf(END, null)).isEqualTo(new Continuation.TooOld(BEGIN.index()));
	}

	@Test
	void whatAnEarlierRunWroteToAnotherReplicaIsNotGoneOnFrom() throws Exception {
		LocalLog before = read();
		before.beginRun("00000000000000a0");
		WalPosition own = new WalPosition(END.generation(), BEGIN.index(), 32);
		assertThat(adopt().continuationOf(own, "00000000000000a0")).isEqualTo(new Continuation.TooOld(BEGIN.index()));
	}

	@Test
	void commitsThatOthersMadeAndCheckpointedInBetweenStartAGeneration() throws Exception {
		adopt();
		try (TestDatabase other = TestDatabase.open(this.database)) {
			other.commit();
			other.query("PRAGMA wal_checkpoint(TRUNCATE)");
		}
		assertThat(start().generation()).isNotEqualTo(END.generation());
		assertThat(this.following.generations()).containsExactly(GenerationReason.WAL_DOES_NOT_CONTINUE);
	}

	@Test
	void commitsThatOthersMadeOverACheckpointInBetweenStartAGeneration() throws Exception {
		adopt();
		try (TestDatabase other = TestDatabase.open(this.database)) {
			other.commit();
			other.query("PRAGMA wal_checkpoint(RESTART)");
			other.commit();
			assertThat(start().generation()).isNotEqualTo(END.generation());
		}
	}

	@Test
	void commitsThatOthersMadeAndThatAreAllInTheWalAreReplicated() throws Exception {
		adopt();
		try (TestDatabase other = TestDatabase.open(this.database)) {
			other.commits(2);
			WalPosition found = start();
			assertThat(found.generation()).isEqualTo(END.generation());
			assertThat(found.index()).isEqualTo(BEGIN.index());
			assertThat(found.offset()).isEqualTo(Files.size(this.temp.resolve("app.db-wal")));
		}
	}

	@Test
	void readersInBetweenDoNoHarm() throws Exception {
		adopt();
		assertThat(TestDatabase.entriesIn(this.database)).isEqualTo(5);
		assertThat(start()).isEqualTo(BEGIN);
	}

	@Test
	void bytesProveWhatTimesDoNot() throws Exception {
		adopt();
		Files.setLastModifiedTime(this.database, FileTime.from(Instant.now()));
		assertThat(start()).isEqualTo(BEGIN);
		assertThat(this.following.generations()).isEmpty();
	}

	@Test
	void databaseThatSomebodyHasOpenAlreadyIsNotTakenForTheOneThatWasRestored() throws Exception {
		try (TestDatabase other = TestDatabase.open(this.database)) {
			other.commit();
			assertThat(adopt().generation()).isEmpty();
			assertThat(start().generation()).isNotEqualTo(END.generation());
			assertThat(this.following.generations()).containsExactly(GenerationReason.WAL_DOES_NOT_CONTINUE);
		}
	}

	@Test
	void whatTheMetaDirectoryHeldBeforeIsGone() throws Exception {
		WalPosition left;
		try (WalShadower shadower = this.following.start(); TestDatabase app = TestDatabase.open(this.database)) {
			app.commit();
			shadower.step();
			left = shadower.shadowWal().requirePosition();
			app.query("PRAGMA wal_checkpoint(TRUNCATE)");
		}
		Path copy = this.temp.resolve("meta/generations").resolve(left.generation().name());
		assertThat(copy).exists();
		adopt();
		assertThat(copy).doesNotExist();
		assertThat(read().indexes()).isEmpty();
		assertThat(read().runs()).containsExactly(OWN);
	}

	@Test
	void indexThatDoesNotFollowIsRefused() throws Exception {
		LocalLog log = read();
		log.beginRun(OWN);
		assertThatIllegalStateException().isThrownBy(() -> log.adopt(END, OTHERS, END.index(), this.database));
	}

}
