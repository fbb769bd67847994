package org.litestream4j.stress;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;

import org.litestream4j.DivergenceException;
import org.litestream4j.testing.ChildProcess;
import org.litestream4j.testing.Sqlite3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/** The first third of the cases, and what else may happen. */
class BetweenStartsFirstIT extends BetweenStarts {

	static Stream<Case> cases() {
		return cases(0);
	}

	@Test
	void anOlderCopyOfTheDatabaseStartsAGeneration() throws Exception {
		Session first = session(true);
		Path copy = Files.copy(this.database, this.temp.resolve("older.db"));
		Path copyOfWal = Files.copy(this.wal, this.temp.resolve("older.db-wal"));
		Session second = session(true);
		assertThat(second.generation()).isEqualTo(first.generation());
		Files.write(this.database, Files.readAllBytes(copy));
		Files.write(this.wal, Files.readAllBytes(copyOfWal));
		Session third = session(false);
		assertThat(third.generation()).isNotEqualTo(first.generation());
		assertReplicaIsTheDatabase(first.committed());
	}

	@Test
	void aMetaDirectoryOfAnotherDatabaseIsRefusedAndChangesNothing() throws Exception {
		Session first = session(true);
		Path live = Objects.requireNonNull(this.database.getParent());
		Path other = this.temp.resolve("other");
		Path ownReplica = this.temp.resolve("own");
		Files.move(live, other);
		Files.move(this.replica, ownReplica);
		Files.createDirectory(live);
		Sqlite3.run(this.database, "PRAGMA journal_mode=WAL;", Ledger.SCHEMA);
		Session second = session(true);
		StressMain.deleteAll(this.meta);
		Files.move(other.resolve(Objects.requireNonNull(this.meta.getFileName())), this.meta);
		assertThat(second.generation()).isNotEqualTo(first.generation());
		assertThatExceptionOfType(AssertionError.class).isThrownBy(() -> session(false))
			.withMessageContaining(DivergenceException.class.getName())
			.withMessageContaining("are not the same");
		assertThat(Integer.parseInt(Sqlite3.run(this.database, "SELECT count(*) FROM ledger;")))
			.isGreaterThanOrEqualTo(second.committed());
	}

	@Test
	void aReaderLeftByAKilledApplicationChangesNothing() throws Exception {
		try (ChildProcess reader = Sqlite3.start(this.database)) {
			Session first = session(true);
			reader.send("BEGIN; SELECT 'reads', count(*) FROM ledger;");
			reader.awaitLine((line) -> line.startsWith("reads"));
			Session second = session(true);
			assertThat(second.generation()).isEqualTo(first.generation());
			reader.kill();
		}
		session(false);
		assertReplicaIsTheDatabase(1);
	}

}
