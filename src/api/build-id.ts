/** Which sources this build was made from; scripts/build.mjs puts it there. Empty when run from the sources. */
declare const SOJOURN_BUILD_ID: string | undefined;

export const BUILD_ID = typeof SOJOURN_BUILD_ID === 'undefined' ? '' : SOJOURN_BUILD_ID;
