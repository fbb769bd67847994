package org.litestream4j;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.format.v03.V03Replica;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.observe.LitestreamListener;
import org.litestream4j.store.FileStore;
import org.litestream4j.testing.TestDatabase;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

/**
 * What others may put into the meta directory, and where it may not be.
 */
@Timeout(180)
class MetaDirectoryTests {

	@TempDir
	private Path temp;

	private Path database;

	private Path meta;

	private Path replica;

	@BeforeEach
	void nameFiles() throws IOException {
		Path home = Files.createDirectory(this.temp.resolve("home"));
		this.database = home.resolve("app.db");
		this.meta = home.resolve(".app.db-litestream");
		this.replica = this.temp.resolve("replica");
	}

	private LitestreamDatabase start() throws IOException {
		LitestreamOptions defaults = LitestreamOptions.of(this.database);
		LitestreamOptions options = defaults.toBuilder().metaDirectory(this.meta).build();
		return LitestreamDatabase.start(options, List
			.of(new Replica("file", new FileStore(this.replica, SystemDisk.ownerOnly()), Replica.Options.DEFAULTS)),
				LitestreamListener.NONE);
	}

	/** A start that commits something, so that there is state. */
	private void startOnce() throws Exception {
		try (LitestreamDatabase litestream = start(); TestDatabase app = TestDatabase.open(this.database)) {
			app.commit();
			litestream.sync(Duration.ofMinutes(2));
		}
	}

	private static void pipe(Path path) throws Exception {
		Files.deleteIfExists(path);
		assertThat(new ProcessBuilder("mkfifo", path.toString()).start().waitFor()).isZero();
	}

	private static Path outside(Path directory) throws IOException {
		Files.createDirectories(directory.resolve("wal"));
		return Files.writeString(directory.resolve("wal/00000000.wal"), "somebody else's");
	}

	@Test
	void pipesInsteadOfStateAreRefusedAndNotWaitedFor() throws Exception {
		startOnce();
		for (String name : List.of("lock", "stopped", "generation")) {
			Path file = this.meta.resolve(name);
			pipe(file);
			assertThatIOException().isThrownBy(this::start)
				.withMessageContaining(file + " is something else, and a regular file of the engine's own is expected");
			Files.delete(file);
		}
		startOnce();
	}

	@Test
	void metaDirectoryThatCannotBeCreatedIsNamedWithTheReason() throws IOException {
		this.meta = Files.createFile(this.temp.resolve("file")).resolve("meta");
		assertThatIOException().isThrownBy(this::start)
			.withMessageStartingWith("the meta directory " + this.meta + " cannot be created (")
			.withMessageEndingWith("): make it writable, or set litestream.meta-directory")
			.withMessageNotContaining("null");
	}

	@Test
	void linkInsteadOfTheLockCreatesNothingElsewhere() throws Exception {
		Path elsewhere = this.temp.resolve("elsewhere");
		Files.createDirectory(this.meta);
		Files.createSymbolicLink(this.meta.resolve("lock"), elsewhere);
		assertThatIOException().isThrownBy(this::start).withMessageContaining("lock is a symbolic link");
		assertThat(elsewhere).doesNotExist();
	}

	@Test
	void linkInsteadOfAGenerationIsNotDeletedThrough() throws Exception {
		Path mine = outside(this.temp.resolve("outside"));
		startOnce();
		Path generations = this.meta.resolve("generations");
		Files.createSymbolicLink(generations.resolve("0123456789abcdef"), this.temp.resolve("outside"));
		Path within = Files.createDirectory(generations.resolve("123456789abcdef0"));
		Files.createSymbolicLink(within.resolve("wal"), this.temp.resolve("outside/wal"));
		Files.delete(this.meta.resolve("generation")); // so that a new one starts
		startOnce();
		assertThat(mine).hasContent("somebody else's");
	}

	@Test
	void linkInsteadOfAllGenerationsIsRefused() throws Exception {
		Path mine = outside(this.temp.resolve("outside/0123456789abcdef"));
		Files.createDirectory(this.meta);
		Files.createSymbolicLink(this.meta.resolve("generations"), this.temp.resolve("outside"));
		assertThatIOException().isThrownBy(this::start).withMessageContaining("generations is a symbolic link");
		assertThat(mine).hasContent("somebody else's");
	}

	@Test
	void stateThatIsLargerThanAnyOfOursIsNotReadIntoMemory() throws Exception {
		startOnce();
		for (String name : List.of("generation", "stopped")) {
			try (RandomAccessFile huge = new RandomAccessFile(this.meta.resolve(name).toFile(), "rw")) {
				huge.setLength(8L << 30);
			}
		}
		startOnce();
		assertThat(Files.size(this.meta.resolve("generation"))).isLessThan(4096);
	}

	@Test
	void whatIsNotTheEnginesOwnIsNotDeleted() throws Exception {
		startOnce();
		Path foreign = Files.createDirectories(this.meta.resolve("generations/0123456789abcdef/snapshots"));
		Path snapshot = Files.writeString(foreign.resolve("00000000.snapshot.lz4"), "a backup");
		Path segment = Files.createDirectories(foreign.resolveSibling("wal")).resolve("00000000_00000000.wal.lz4");
		Files.writeString(segment, "a backup");
		Path own = Files.writeString(segment.resolveSibling("00000000.wal"), "left over");
		Files.delete(this.meta.resolve("generation"));
		startOnce();
		assertThat(snapshot).hasContent("a backup");
		assertThat(segment).hasContent("a backup");
		assertThat(own).doesNotExist();
	}

	@Test
	void replicaInThePlaceOfTheMetaDirectoryIsRefusedBeforeAnythingIsDeleted() throws Exception {
		startOnce();
		Path own = this.meta;
		this.meta = Files.createSymbolicLink(this.temp.resolve("link"), this.replica);
		assertRefused("are one, or one is in the other");
		this.meta = this.replica.resolve("generations/meta");
		assertRefused("are one, or one is in the other");
		this.meta = own;
		this.replica = own.resolve("replica");
		assertRefused("are one, or one is in the other");
		this.replica = this.database;
		assertRefused("is the database itself");
	}

	private void assertRefused(String why) {
		assertThatIOException().isThrownBy(this::start).withMessageContaining(why);
	}

	@Test
	void linkThatLeadsNowhereIsNotTheDatabase() throws Exception {
		Files.createSymbolicLink(this.database, this.temp.resolve("nowhere.db"));
		assertRefused("is a symbolic link to " + this.temp.resolve("nowhere.db") + ", which does not exist");
		assertThat(this.temp.resolve("nowhere.db")).doesNotExist();
		assertThat(this.meta).doesNotExist();
	}

}
