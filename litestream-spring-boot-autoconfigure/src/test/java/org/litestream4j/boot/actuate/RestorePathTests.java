package org.litestream4j.boot.actuate;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import org.assertj.core.api.ThrowableAssertAlternative;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.litestream4j.LitestreamOptions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link RestorePath}.
 */
class RestorePathTests {

	@TempDir
	private Path directory;

	private Path root() {
		return this.directory.resolve("restores");
	}

	@ParameterizedTest
	@ValueSource(strings = { "a.db", "sub/a.db", "sub/../a.db", "./a.db", "ä ö.db", "..a.db" })
	void pathBelowTheDirectoryIsAllowed(String given) throws IOException {
		RestorePath path = RestorePath.check(root(), given);
		assertThat(path.file()).startsWithRaw(root());
		assertThat(root()).doesNotExist();
		path.createDirectories();
		assertThat(path.file().getParent()).isDirectory();
	}

	@Test
	void absolutePathBelowTheDirectoryIsAllowed() {
		assertThat(RestorePath.check(root(), root() + "/a.db").file()).isEqualTo(root().resolve("a.db"));
	}

	@ParameterizedTest
	@ValueSource(strings = { "../a.db", "/etc/a.db", "sub/../../a.db", "/", ".", "..", "sub/", "../restores-2/a.db" })
	void pathElsewhereIsRefused(String given) {
		refused(given, 400).withMessageContaining("outputPath is").withMessageContaining("is expected");
	}

	@Test
	void missingPathIsRefused() {
		refused(null, 400).withMessageContaining("outputPath is missing");
		refused(" ", 400).withMessageContaining("outputPath is missing");
	}

	@Test
	void nulIsRefused() {
		refused("a\0.db", 400).withMessage("outputPath is not a path: Nul character not allowed");
	}

	@Test
	void charactersThatTheLocaleLacksAreBlamedOnTheLocale() {
		refused("a\ud800.db", 400).withMessageContaining("locale")
			.withMessageEndingWith("start it with LC_ALL=C.UTF-8");
	}

	@Test
	void overlongNamesAreRefused() {
		refused("x".repeat(256), 400).withMessageEndingWith("a name of at most 255 bytes is expected");
		refused("ä".repeat(128), 400).withMessageEndingWith("a name of at most 255 bytes is expected");
		refused("sub/".repeat(1500) + "x", 400).withMessageEndingWith("a path of at most 480 bytes is expected");
		refused("sub/".repeat(100) + "x", 400).withMessageEndingWith("a directory of at most 400 bytes is expected");
	}

	@ParameterizedTest
	@ValueSource(strings = { "a\n2026-11-26 ERROR forged.db", "a\u001b[2J.db", "a\r.db", "a\u2028.db", "a\u202egnp.db",
			"sub\n/a.db" })
	void controlCharactersAreRefusedAndNotRepeated(String given) {
		refused(given, 400).withMessageEndingWith("a name without control characters is expected")
			.satisfies((ex) -> assertThat(ex.getMessage()).doesNotContainPattern("[\\p{Cc}\\p{Cf}\\p{Zl}]"));
	}

	@ParameterizedTest
	@ValueSource(strings = { "x.db-wal", "x.db-journal", "sub/x.db-shm", "X.DB-WAL" })
	void namesThatSqliteReadsBesideAnotherDatabaseAreRefused(String given) {
		refused(given, 400).withMessageContaining("does not end with -wal, -shm or -journal");
	}

	@Test
	void filesOfALiveDatabaseAreRefusedWhateverTheRootIs() {
		LitestreamOptions live = LitestreamOptions.of(root().resolve("app.db"));
		for (String given : List.of("app.db", ".app.db-litestream/generation", ".app.db-litestream/restores/a.db")) {
			RestorePath path = RestorePath.check(root(), given);
			assertThatExceptionOfType(EndpointRequestException.class).isThrownBy(() -> path.requireApartFrom(live))
				.withMessageContaining("a file that does not belong to database 'app.db'");
		}
		RestorePath.check(root(), "other.db").requireApartFrom(live);
		RestorePath.check(live.metaDirectory().resolve("restores"), "a.db").requireApartFrom(live);
	}

	@Test
	void linkOnTheWayIsRefused() throws IOException {
		Files.createDirectories(root());
		Files.createDirectories(this.directory.resolve("elsewhere"));
		Files.createSymbolicLink(root().resolve("link"), this.directory.resolve("elsewhere"));
		refused("link/a.db", 400).withMessageContaining("without symbolic links such as 'link'");
	}

	@Test
	void danglingLinkIsRefused() throws IOException {
		Files.createDirectories(root());
		Files.createSymbolicLink(root().resolve("a.db"), this.directory.resolve("elsewhere.db"));
		refused("a.db", 400).withMessageContaining("without symbolic links such as 'a.db'");
	}

	@Test
	void linkThatAppearsAfterTheCheckIsRefused() throws IOException {
		RestorePath path = RestorePath.check(root(), "sub/a.db");
		Files.createDirectories(root());
		Files.createSymbolicLink(root().resolve("sub"), this.directory);
		assertThatExceptionOfType(Exception.class).isThrownBy(path::createDirectories);
	}

	@Test
	void linkInPlaceOfACreatedDirectoryIsNotRemoved() throws IOException {
		RestorePath path = RestorePath.check(root(), "sub/a.db");
		path.createDirectories();
		Files.delete(root().resolve("sub"));
		Files.createSymbolicLink(root().resolve("sub"), this.directory);
		path.removeDirectories();
		assertThat(root().resolve("sub")).isSymbolicLink();
	}

	@Test
	void fileOnTheWayIsRefused() throws IOException {
		Files.createDirectories(root());
		Files.createFile(root().resolve("file"));
		refused("file/a.db", 400).withMessageContaining("which 'file' is not");
	}

	@Test
	void existingFileIsAConflict() throws IOException {
		Files.createDirectories(root());
		Files.createFile(root().resolve("a.db"));
		refused("a.db", 409).withMessageContaining("exists: nothing is overwritten");
	}

	@Test
	void directoriesThatWereCreatedCanBeRemoved() throws IOException {
		Files.createDirectories(root().resolve("kept"));
		RestorePath path = RestorePath.check(root(), "kept/one/two/a.db");
		path.createDirectories();
		assertThat(root().resolve("kept/one/two")).isDirectory();
		path.removeDirectories();
		assertThat(root().resolve("kept")).isEmptyDirectory();
	}

	private ThrowableAssertAlternative<EndpointRequestException> refused(@Nullable String given, int status) {
		return assertThatExceptionOfType(EndpointRequestException.class)
			.isThrownBy(() -> RestorePath.check(root(), given))
			.satisfies((ex) -> assertThat(ex.status()).isEqualTo(status));
	}

}
