package org.litestream4j.boot.examples;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;

import org.springframework.stereotype.Component;

import org.litestream4j.RestoreReport;
import org.litestream4j.RestoreRequest;
import org.litestream4j.boot.Litestream;
import org.litestream4j.restore.RestoreOptions;
import org.litestream4j.restore.RestoreProgress;
import org.litestream4j.restore.RestoreTarget;

@Component
class Drill {

	private final Litestream litestream;

	Drill(Litestream litestream) {
		this.litestream = litestream;
	}

	RestoreReport restoreAsOf(Instant time, Path newFile) throws IOException {
		RestoreRequest request = new RestoreRequest(newFile, null, RestoreTarget.asOf(time), RestoreOptions.DEFAULTS);
		return this.litestream.database("dataSource").restore(request, RestoreProgress.NONE);
	}

}
