package org.litestream4j.store.sftp;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Map;
import java.util.ServiceLoader;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.litestream4j.store.ObjectStore;
import org.litestream4j.store.StoreDefinition;
import org.litestream4j.store.StoreProvider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class SftpStoreProviderTests {

	@TempDir
	private Path directory;

	@Test
	void isFoundByItsType() {
		assertThat(ServiceLoader.load(StoreProvider.class)).anyMatch((provider) -> provider.supports("sftp"));
		assertThat(new SftpStoreProvider().supports("s3")).isFalse();
	}

	@ParameterizedTest
	@CsvSource({ "sftp://joe@host/backups/app, sftp://joe@host/backups/app",
			"sftp://joe@host:22/backups/app/, sftp://joe@host/backups/app",
			"sftp://joe@host:2222/b, sftp://joe@host:2222/b", "sftp://joe@host/~/b/c, sftp://joe@host/~/b/c",
			"sftp://joe@[::1]:2222/b, sftp://joe@[::1]:2222/b",
			"sftp://joe@192.0.2.7/with%20space, sftp://joe@192.0.2.7/with space",
			"sftp://joe@host/with space, sftp://joe@host/with space" })
	void urlSaysWhere(String url, String expected) {
		try (ObjectStore store = open(url, Map.of())) {
			assertThat(store.url()).isEqualTo(expected);
			assertThat(store.toString()).isEqualTo(expected);
			assertThat(store.type()).isEqualTo("sftp");
		}
	}

	@ParameterizedTest
	@CsvSource({ "sftp://joe@host/b, sftp://host", "sftp://ann@host:22/c, sftp://host",
			"sftp://joe@host:2222/b, sftp://host:2222", "sftp://[::1]:2222/b, sftp://[::1]:2222" })
	void laneIsTheServer(String url, String lane) {
		try (ObjectStore store = open(url, Map.of())) {
			assertThat(store.lane()).isEqualTo(lane);
			assertThat(store.afresh().lane()).isEqualTo(lane);
		}
	}

	@Test
	void partsSayWhere() {
		try (ObjectStore store = open(null,
				Map.of("host", "box", "port", "2022", "user", "joe", "path", "/backups", "password", "hush"))) {
			assertThat(store.url()).isEqualTo("sftp://joe@box:2022/backups").doesNotContain("hush");
		}
		try (ObjectStore store = open("sftp://box/backups", Map.of("user", "joe", "port", "2022"))) {
			assertThat(store.url()).isEqualTo("sftp://joe@box:2022/backups");
		}
	}

	@Test
	void userIsOursIfNoneIsGiven() {
		try (ObjectStore store = open("sftp://box/b", Map.of())) {
			assertThat(store.url()).isEqualTo("sftp://%s@box/b".formatted(System.getProperty("user.name")));
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "sftp://joe:hush@host/b", "sftp://joe@host", "sftp://joe@host/", "sftp:///b", "sftp:b",
			"sftp://joe@ho st/b", "sftp://joe@host/b?c=d", "sftp://joe@host/a%0Ab", "sftp://joe@host/~/" })
	void urlThatIsNoneIsRefused(String url) {
		assertThatIllegalArgumentException().isThrownBy(() -> open(url, Map.of()))
			.satisfies((ex) -> assertThat(ex.getMessage()).contains("sftp").doesNotContain("hush", "\n"));
	}

	@ParameterizedTest
	@CsvSource({ "port, 0, a number from 1 to 65535 is allowed", "port, 70000, a number from 1 to 65535 is allowed",
			"port, ssh, a number from 1 to 65535 is allowed", "connections, 0, a number from 1 to 100 is allowed",
			"timeout, soon, 'from 100ms to 60m, such as 30s, is allowed'",
			"connect-timeout, 0s, 'from 100ms to 60m, such as 30s, is allowed'",
			"strict-host-key-checking, maybe, true or false is allowed",
			"pasword, hush, is not known to a replica of type" })
	void propertyThatMakesNoSenseIsRefused(String name, String value, String sentence) {
		assertThatIllegalArgumentException().isThrownBy(() -> open("sftp://host/b", Map.of(name, value)))
			.withMessageContaining("replicas[0]." + name)
			.withMessageContaining(sentence)
			.satisfies((ex) -> assertThat(ex.getMessage()).doesNotContain("hush"));
	}

	@ParameterizedTest
	@CsvSource({ "2s, 2000", "500ms, 500", "1m, 60000", "PT3S, 3000" })
	void durationsAreAsSpringHasThem(String text, long millis) {
		StoreDefinition definition = definition("sftp://host/b", Map.of("timeout", text));
		SftpAccess access = SftpAccess.of(definition, SftpLocation.parse("sftp://host/b"));
		assertThat(access.timeout()).isEqualTo(Duration.ofMillis(millis));
		assertThat(access.connectTimeout()).isEqualTo(Duration.ofSeconds(10));
		assertThat(access.knownHosts()).isEqualTo(Path.of(System.getProperty("user.home"), ".ssh", "known_hosts"));
		assertThat(access.hostKeyChecking()).isEqualTo(SftpAccess.HostKeyChecking.STRICT);
	}

	@Test
	void accessShowsNoSecret() {
		StoreDefinition definition = definition("sftp://host/b",
				Map.of("password", "hush", "private-key-passphrase", "hush too"));
		assertThat(SftpAccess.of(definition, SftpLocation.parse("sftp://host/b")).toString()).doesNotContain("hush");
	}

	@Test
	void storesOfEqualAccessShareTheirConnections() {
		SftpAccess access = SftpAccess.of(definition("sftp://host/b", Map.of()), SftpLocation.parse("sftp://host/b"));
		SftpConnections one = SftpConnections.shared(access);
		SftpConnections other = SftpConnections.shared(access);
		assertThat(other).isSameAs(one);
		one.release();
		assertThat(SftpConnections.shared(access)).isSameAs(one);
		one.release();
		one.release();
		SftpConnections later = SftpConnections.shared(access);
		assertThat(later).isNotSameAs(one);
		later.release();
	}

	@Test
	void creatingAStoreMakesNoThread() {
		int before = Thread.activeCount();
		try (ObjectStore store = open("sftp://host.invalid/b", Map.of())) {
			assertThat(store.capabilities().concurrentReads()).isPositive();
			assertThat(store.clockOffset()).isEmpty();
			assertThat(Thread.activeCount()).isEqualTo(before);
		}
	}

	@Test
	void filesAreLikeTheDatabase() throws Exception {
		Path database = Files.createFile(this.directory.resolve("app.db"));
		Files.setPosixFilePermissions(database, PosixFilePermissions.fromString("rwxr-x--x"));
		assertThat(SftpStoreProvider.permissions(database)).isEqualTo(0640);
		assertThat(SftpStoreProvider.permissions(this.directory.resolve("missing"))).isEqualTo(0600);
		assertThat(SftpStoreProvider.permissions(null)).isEqualTo(SftpStore.ANY_PERMISSIONS);
	}

	private static ObjectStore open(@Nullable String url, Map<String, String> properties) {
		return new SftpStoreProvider().open(definition(url, properties));
	}

	private static StoreDefinition definition(@Nullable String url, Map<String, String> properties) {
		return new StoreDefinition("sftp", url, properties, (name) -> "litestream.replicas[0]." + name, null);
	}

}
