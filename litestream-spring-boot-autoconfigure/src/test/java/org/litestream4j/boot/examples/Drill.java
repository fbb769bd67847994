package org.litestream4j.boot.examples;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;

import org.springframework.stereotype.Component;

import org.litestream4j.RestoreReport;
import org.litestream4j.RestoreRequest;
import org.litestream4j.RestoreTarget;
import org.litestream4j.boot.Litestream;

@Component
class Drill {

	private final Litestream litestream;

	Drill(Litestream litestream) {
		this.litestream = litestream;
	}

	RestoreReport restoreAsOf(Instant time, Path newFile) throws IOException {
		RestoreRequest request = RestoreRequest.latest(newFile).withTarget(RestoreTarget.asOf(time));
		return this.litestream.database("dataSource").restore(request);
	}

}
