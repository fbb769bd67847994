package org.litestream4j.boot.ui;

import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link AllowedHosts}.
 */
class AllowedHostsTests {

	private final AllowedHosts hosts = new AllowedHosts(List.of("Backup.example.org", "other.example.org:8080"));

	@ParameterizedTest
	@ValueSource(strings = { "localhost", "localhost:8080", "LOCALHOST:8080", "localhost.", "app.localhost",
			"127.0.0.1:8080", "10.0.0.1", "192.168.1.5:8080", "[::1]:8080", "[::1]", "[2001:db8::1]:8080",
			"backup.example.org", "BACKUP.example.org.:443", "other.example.org" })
	void addressesAndOwnAndConfiguredNamesAreAllowedWithAnyPort(String host) {
		assertThat(this.hosts.allows(host)).isTrue();
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "evil.example", "localhost.evil.example", "evil.example:8080",
			"127.0.0.1.evil.example", "backup.example.org.evil.example", "xlocalhost", "x127.0.0.1", "[::1",
			"localhost:80:80", "localhost@evil.example", "0x7f000001", "2130706433", "127.1" })
	void anyOtherNameIsRefused(String host) {
		assertThat(this.hosts.allows(host)).isFalse();
	}

	@Test
	void missingHeaderIsRefused() {
		assertThat(this.hosts.allows(null)).isFalse();
	}

	@Test
	void starAllowsAll() {
		assertThat(new AllowedHosts(List.of("*")).allows("evil.example")).isTrue();
	}

}
