package org.litestream4j.database;

import java.util.Set;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class ProcLocksTests {

	private static final String TEXT = """
			1: POSIX  ADVISORY  READ 4711 fe:00:2156435 124 124
			2: POSIX  ADVISORY  READ 4711 fe:00:2156435 128 128
			3: POSIX  ADVISORY  READ 4711 fe:00:131090 1073741826 1073742335
			3: -> POSIX  ADVISORY  WRITE 4713 fe:00:131090 1073741824 1073741824
			4: FLOCK  ADVISORY  WRITE 4712 fe:00:131090 0 EOF
			5: POSIX  ADVISORY  WRITE 4712 00:1b:2156435 0 EOF
			6: OFDLCK ADVISORY  READ -1 fe:00:2156435 0 EOF
			7: LEASE  ACTIVE    READ 4711 fe:00:99 0 EOF
			nonsense
			""";

	private final ProcLocks locks = ProcLocks.parse(TEXT);

	private boolean holds(long pid, long inode, long first, long last) {
		return !this.locks.devices(pid, inode, first, last).isEmpty();
	}

	@Test
	void equalInodeNumbersOnTwoFileSystemsAreTwoFiles() {
		assertThat(this.locks.devices(4711, 2156435, 128, 128)).containsExactly("fe:00");
		assertThat(this.locks.devices(4712, 2156435, 128, 128)).containsExactly("00:1b");
	}

	@Test
	void deviceIsWrittenAsTheKernelDoes() {
		assertThat(ProcLocks.device(0xfe00)).isEqualTo("fe:00");
		assertThat(ProcLocks.device(0x1b)).isEqualTo("00:1b");
		// major 259, minor 0x12345, as makedev has them
		assertThat(ProcLocks.device(0x12310345L)).isEqualTo("103:12345");
	}

	@Test
	void rangesAreInclusiveAndMayOverlapInPart() {
		assertThat(holds(4711, 131090, 1073741826, 1073742335)).isTrue();
		assertThat(holds(4711, 131090, 1073742335, 1073742400)).isTrue();
		assertThat(holds(4711, 131090, 1073742336, 1073742400)).isFalse();
		assertThat(holds(4711, 131090, 0, 1073741825)).isFalse();
	}

	@Test
	void onlyPosixLocksOfThatProcessAndFileCount() {
		assertThat(holds(4712, 131090, 0, Long.MAX_VALUE)).isFalse();
		assertThat(holds(4711, 99, 0, 0)).isFalse();
		assertThat(holds(4713, 131090, 0, Long.MAX_VALUE)).isFalse();
		assertThat(holds(4711, 2156435, 123, 123)).isFalse();
		assertThat(holds(4711, 2156435, 123, 127)).isTrue();
	}

	@Test
	void holdersAreNamedOnce() {
		assertThat(this.locks.holders(2156435, 120, 128)).isEqualTo(Set.of(4711L, 4712L));
		assertThat(this.locks.holders(1, 0, Long.MAX_VALUE)).isEmpty();
	}

	@Test
	void emptyTableHoldsNothing() {
		assertThat(ProcLocks.parse("").devices(1, 1, 0, Long.MAX_VALUE)).isEmpty();
	}

}
