package org.litestream4j.io;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/** The end of the names of files that are moved aside: when that was. */
public final class AsideStamp {

	private static final DateTimeFormatter FORMAT = DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmssSSS'Z'")
		.withZone(ZoneOffset.UTC);

	private AsideStamp() {
	}

	/** That of now, in UTC, to the millisecond. */
	public static String now() {
		return FORMAT.format(Instant.now());
	}

}
