# What the pull request of lock.yml says; AUDIT, TRAINING and THRESHOLDS are "success" or "failure".
set -eu

line() { # outcome, what holds, what does not, what to do
    if [ "$1" = success ]; then echo "- $2"; else echo "- **$3** $4"; fi
}

echo "\`make lock\` found newer versions. With them:"
echo
line "$AUDIT" "The hidden suite catches every known mistake and refuses no right code (\`make audit\`)." \
    "\`make audit\` fails:" "its page in the log says which check or mistake; mend that before you merge."
line "$THRESHOLDS" "The accuracy thresholds hold: right code reaches them from fresh seeds." \
    "The accuracy thresholds no longer hold." \
    "On this branch, run \`python grade.py calibrate --lab optimization --seeds 80\` and commit lab.toml and the plot."
line "$TRAINING" "Training and replay give every sample its verdicts (\`make training\`)." \
    "\`make training\` fails:" "the log says which sample; if only thresholds do, calibrate as above."
echo
echo "Grades given with other versions of torch may differ in their last digits: reports name the versions, and"
echo "\`python grade.py verify\` says what differs. A workflow's own pull requests start no other workflows: close and"
echo "reopen this one for the tests."
