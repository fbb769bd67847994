package org.litestream4j.io;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link OpenFiles}.
 */
class OpenFilesTests {

	private static final String LIMITS = """
			Limit                     Soft Limit           Hard Limit           Units
			Max processes             15731                15731                processes
			Max open files            1024                 524288               files
			""";

	@Test
	void limitIsTheSoftOne() {
		assertThat(OpenFiles.limit(LIMITS)).isEqualTo(1024);
	}

	@Test
	void noLimitAndNoneThatIsKnownIsTheLargestNumber() {
		assertThat(OpenFiles.limit(LIMITS.replace("1024", "unlimited"))).isEqualTo(Long.MAX_VALUE);
		assertThat(OpenFiles.limit("")).isEqualTo(Long.MAX_VALUE);
	}

	@Test
	void openFilesAreCounted() {
		assertThat(OpenFiles.count()).isBetween(1L, OpenFiles.limit());
	}

}
