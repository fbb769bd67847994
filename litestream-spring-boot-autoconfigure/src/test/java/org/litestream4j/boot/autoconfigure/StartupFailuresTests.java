package org.litestream4j.boot.autoconfigure;

import java.io.IOException;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import org.litestream4j.restore.RestoreException;
import org.litestream4j.restore.RestoreException.Kind;

import static org.assertj.core.api.Assertions.assertThat;

class StartupFailuresTests {

	@ParameterizedTest
	@EnumSource
	void actionAfterAFailedRestoreSaysWhatWouldHelp(Kind kind) {
		String action = StartupFailures.toRestore(new RestoreException(kind, "it failed"));
		switch (kind) {
			case CHECK_FAILED -> assertThat(action).contains("litestream.restore.integrity-check=none");
			case DAMAGED, NO_SUCH_STATE -> assertThat(action).contains("litestream.restore.generation");
			default -> assertThat(action).isEqualTo(StartupFailures.toRestore(new IOException()));
		}
	}

}
