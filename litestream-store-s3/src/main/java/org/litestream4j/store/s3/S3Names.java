package org.litestream4j.store.s3;

/** Which keys are names of objects. */
final class S3Names {

	private S3Names() {
	}

	/**
	 * What consoles make to show an empty directory ends with a slash, and is no object.
	 * @param name below the directory that was listed
	 */
	static boolean isName(String name) {
		boolean begins = true;
		for (int i = 0; i < name.length(); i++) {
			char c = name.charAt(i);
			if (begins && (c == '/' || c == '.')) {
				return false;
			}
			begins = c == '/';
		}
		return !begins;
	}

}
