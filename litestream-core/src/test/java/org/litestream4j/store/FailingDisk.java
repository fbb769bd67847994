package org.litestream4j.store;

import java.io.IOException;

import org.jspecify.annotations.Nullable;

import org.litestream4j.testing.DelegatingDisk;

/** Fails to write bytes while a failure is set. */
class FailingDisk extends DelegatingDisk {

	@Nullable volatile IOException failure;

	@Override
	protected void beforeWrite() throws IOException {
		IOException thrown = this.failure;
		if (thrown != null) {
			throw thrown;
		}
	}

}
