package org.litestream4j.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Does not delete files, or does not cut them, while it is told so. */
public final class StubbornDisk extends DelegatingDisk {

	private boolean keeping;

	private boolean cutting = true;

	/** Deletes no file from now on. */
	public void keepFiles() {
		this.keeping = true;
	}

	/** Cuts no file from now on. */
	public void keepSizes() {
		this.cutting = false;
	}

	/** Does everything again. */
	public void obey() {
		this.keeping = false;
		this.cutting = true;
	}

	@Override
	protected void beforeTruncate() throws IOException {
		if (!this.cutting) {
			throw new IOException("Operation not permitted");
		}
	}

	@Override
	protected void beforeDelete(Path path) throws IOException {
		if (this.keeping && Files.exists(path)) {
			throw new IOException("Operation not permitted");
		}
	}

}
