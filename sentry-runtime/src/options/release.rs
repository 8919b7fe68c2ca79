//! The values that the option `release` accepts, and the release that platforms know.

use std::borrow::Cow;

use super::names;

/// The variables of platforms and of CI that hold the commit, in the order of the JavaScript SDK: providers of Git
/// repositories, then variables that name their provider, then those that do not. The last two are read by the Python
/// SDK.
const OF_PLATFORMS: [&str; 42] = [
    // GitHub, GitLab, Bitbucket
    "GITHUB_SHA",
    "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA",
    "CI_BUILD_REF",
    "CI_COMMIT_SHA",
    "BITBUCKET_COMMIT",
    // AppVeyor, AWS CodeBuild and Amplify, Azure Pipelines, Bitrise, Buddy, Buildkite, CircleCI, Cirrus CI
    "APPVEYOR_PULL_REQUEST_HEAD_COMMIT",
    "APPVEYOR_REPO_COMMIT",
    "CODEBUILD_RESOLVED_SOURCE_VERSION",
    "AWS_COMMIT_ID",
    "BUILD_SOURCEVERSION",
    "GIT_CLONE_COMMIT_HASH",
    "BUDDY_EXECUTION_REVISION",
    "BUILDKITE_COMMIT",
    "CIRCLE_SHA1",
    "CIRRUS_CHANGE_IN_REPO",
    // Codefresh, Codemagic, Cloudflare Pages, Drone, Flightcontrol, Heroku, Railway, Render, Semaphore, Travis
    "CF_REVISION",
    "CM_COMMIT",
    "CF_PAGES_COMMIT_SHA",
    "DRONE_COMMIT_SHA",
    "FC_GIT_COMMIT_SHA",
    "HEROKU_TEST_RUN_COMMIT_VERSION",
    "HEROKU_BUILD_COMMIT",
    "HEROKU_SLUG_COMMIT",
    "RAILWAY_GIT_COMMIT_SHA",
    "RENDER_GIT_COMMIT",
    "SEMAPHORE_GIT_SHA",
    "TRAVIS_PULL_REQUEST_SHA",
    // Vercel
    "VERCEL_GIT_COMMIT_SHA",
    "VERCEL_GITHUB_COMMIT_SHA",
    "VERCEL_GITLAB_COMMIT_SHA",
    "VERCEL_BITBUCKET_COMMIT_SHA",
    "ZEIT_GITHUB_COMMIT_SHA",
    "ZEIT_GITLAB_COMMIT_SHA",
    "ZEIT_BITBUCKET_COMMIT_SHA",
    // CodeShip, Coolify, Heroku, Jenkins, Netlify, TeamCity
    "CI_COMMIT_ID",
    "SOURCE_COMMIT",
    "SOURCE_VERSION",
    "GIT_COMMIT",
    "COMMIT_REF",
    "BUILD_VCS_NUMBER",
    // Google App Engine and Cloud Run
    "GAE_DEPLOYMENT_ID",
    "K_REVISION",
];

/// Returns the first variable that holds a valid release, and the release.
///
/// The variables of platforms are not set for Sentry, so what is no release there is skipped without a word.
pub(crate) fn from_variables(
    variable: &dyn Fn(&'static str) -> Option<String>,
) -> Option<(&'static str, Cow<'static, str>)> {
    std::iter::once("SENTRY_RELEASE").chain(OF_PLATFORMS).find_map(|name| {
        let value = variable(name)?;
        let value = value.trim();
        names::is_release(value).then(|| (name, Cow::Owned(value.to_owned())))
    })
}

/// A value for the option `release`: a string, or the result of [`release_name!`](crate::release_name).
///
/// ```
/// use sentry::ClientOptions;
///
/// let texts = ClientOptions::new().release("shop@1.4.2");
/// let names = ClientOptions::new().release(sentry::release_name!());
/// # assert!(texts.release.is_some() && names.release.is_some());
/// ```
pub trait IntoRelease {
    /// Returns the release; `None` leaves it to the environment.
    fn into_release(self) -> Option<Cow<'static, str>>;
}

macro_rules! into_release {
    ($($ty:ty),*) => {$(
        impl IntoRelease for $ty {
            fn into_release(self) -> Option<Cow<'static, str>> {
                Some(self.into())
            }
        }

        impl IntoRelease for Option<$ty> {
            fn into_release(self) -> Option<Cow<'static, str>> {
                self.map(Into::into)
            }
        }
    )*};
}

into_release!(&'static str, String, Cow<'static, str>);
