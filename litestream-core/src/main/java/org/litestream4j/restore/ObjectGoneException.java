package org.litestream4j.restore;

import java.io.IOException;

/**
 * An object that was listed is not there any more, or is another one: somebody deletes or
 * writes at this very moment. Planning again may help.
 */
public final class ObjectGoneException extends IOException {

	private static final long serialVersionUID = 1L;

	ObjectGoneException(String objectName, String what) {
		super("%s %s".formatted(objectName, what));
	}

}
