package org.litestream4j.store.sftp;

import java.io.IOException;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import org.apache.sshd.sftp.client.SftpClient;
import org.apache.sshd.sftp.common.SftpConstants;
import org.apache.sshd.sftp.common.SftpException;

import org.litestream4j.store.NewObject;

/**
 * The directories of a store: one is made when something is to be in it, and removed when
 * nothing is. Others do both at the same time, here and on other machines, and only a
 * draft keeps a directory in its place. So by the time one looks why a request was
 * refused, the reason may be gone; what is not there is then made again. Thread-safe.
 */
final class SftpDirectories {

	/**
	 * How often somebody else may be faster. Each time one was, so that all together get
	 * on.
	 */
	static final int TRIES = 20;

	private final String root;

	private final int permissions;

	/** Those that had something in them when this object last knew. */
	private final Set<String> filled = ConcurrentHashMap.newKeySet();

	SftpDirectories(String root, int permissions) {
		this.root = root;
		this.permissions = permissions;
	}

	/**
	 * Creates a draft, and the directory that it is in, where that is missing.
	 * @return the handle of the draft
	 * @throws SftpFailure if what is expected to be in the directory has vanished with it
	 */
	byte[] createDraft(SftpChannel channel, String directory, String draft, NewObject.Neighbors neighbors)
			throws IOException {
		for (int attempt = 1;; attempt++) {
			try {
				return channel.create(draft, this.permissions);
			}
			catch (SftpException ex) {
				if (!isMissing(ex) || attempt == TRIES) {
					throw ex;
				}
			}
			if (neighbors == NewObject.Neighbors.EXPECTED && this.filled.remove(directory)) {
				throw new SftpFailure(
						"the directory %s has vanished with what was in it: bring it back, else a new generation begins"
							.formatted(directory),
						null);
			}
			make(channel, directory);
		}
	}

	/** Makes a directory, and those above it. */
	private void make(SftpChannel channel, String directory) throws IOException {
		for (int attempt = 1;; attempt++) {
			try {
				channel.mkdir(directory);
				if (this.permissions >= 0 && directory.length() > this.root.length()) {
					channel.setStat(directory, new SftpClient.Attributes().perms(enterable(this.permissions)));
				}
				return;
			}
			catch (SftpException ex) {
				int slash = directory.lastIndexOf('/');
				if (isMissing(ex) && slash > 0 && attempt < TRIES) {
					make(channel, directory.substring(0, slash)); // or it was removed
				}
				else {
					Optional<SftpClient.Attributes> there = stat(channel, directory);
					if (there.isPresent() && there.get().isDirectory()) {
						return;
					}
					if (there.isPresent() || attempt == TRIES) {
						throw ex;
					}
				}
			}
		}
	}

	/** Who may read a file may enter its directory. */
	private static int enterable(int permissions) {
		return permissions | (permissions & 0444) >> 2;
	}

	/**
	 * Notes that something is in a directory: to be called while a draft still is, as the
	 * next moment another may remove what has just been stored, with its directory.
	 */
	void note(String directory) {
		this.filled.add(directory);
	}

	/**
	 * Removes directories that are empty, from one upwards; not the root.
	 * @param from the first one
	 * @param cleaner looks for what keeps one for no good reason
	 */
	void removeEmpty(SftpChannel channel, String from, Cleaner cleaner) throws IOException {
		String directory = from;
		while (directory.length() > this.root.length() && remove(channel, directory, cleaner)) {
			directory = directory.substring(0, directory.lastIndexOf('/'));
		}
	}

	/** Whoever expects neighbors must not miss those that were deleted on purpose. */
	private boolean remove(SftpChannel channel, String directory, Cleaner cleaner) throws IOException {
		boolean known = this.filled.remove(directory);
		if (remove(channel, directory) || (cleaner.clean(directory) && remove(channel, directory))) {
			this.filled.remove(directory); // if another found it in place until now
			return true;
		}
		if (known) {
			this.filled.add(directory);
			if (!isDirectory(channel, directory)) {
				this.filled.remove(directory);
			}
		}
		return false;
	}

	private static boolean remove(SftpChannel channel, String directory) throws IOException {
		try {
			channel.rmdir(directory);
			return true;
		}
		catch (SftpException ex) {
			return isMissing(ex);
		}
	}

	static boolean isMissing(SftpException refusal) {
		return refusal.getStatus() == SftpConstants.SSH_FX_NO_SUCH_FILE
				|| refusal.getStatus() == SftpConstants.SSH_FX_NO_SUCH_PATH;
	}

	static boolean isDirectory(SftpChannel channel, String path) throws IOException {
		return stat(channel, path).filter(SftpClient.Attributes::isDirectory).isPresent();
	}

	private static Optional<SftpClient.Attributes> stat(SftpChannel channel, String path) throws IOException {
		try {
			return Optional.of(channel.stat(path));
		}
		catch (SftpException ex) {
			return Optional.empty();
		}
	}

	static boolean exists(SftpChannel channel, String path) throws IOException {
		try {
			channel.lstat(path);
			return true;
		}
		catch (SftpException ex) {
			return false;
		}
	}

	/** Deletes what keeps a directory for no good reason. */
	@FunctionalInterface
	interface Cleaner {

		/** Returns whether nothing else is in it. */
		boolean clean(String directory) throws IOException;

	}

}
