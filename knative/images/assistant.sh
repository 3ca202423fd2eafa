#!/bin/sh
# Puts the parts of the assistant that a stage reads into its image: assistant.sh STAGE, from assistant/ to /app/assistant.
set -eu
stage=$1
configs=/app/functions/$stage/config.py
sdk=stage/requirements-sdk.lock
[ "$stage" = all_in_one ] && sdk=source/actions/requirements-sdk.lock && configs=$(echo /app/functions/*/config.py)
mkdir -p /app/assistant
if grep -q '"BUNDLE"' $configs; then
    test -f assistant/bundle/manifest.json || {
        echo "the assistant has no bundle; compile it first: task train ASSISTANT=..."
        exit 1
    }
    # Every hash, once: nothing changes in an image, so that no start has to look again.
    PYTHONPATH=/app python -B -c "from pathlib import Path; from shared.bundle.manifest import read_bundle; \
read_bundle(Path('assistant/bundle'))"
    cp -R assistant/bundle /app/assistant/bundle
    # The model is read by nlu alone, and is by far the largest part.
    [ "$stage" = nlu ] || [ "$stage" = all_in_one ] || rm -f /app/assistant/bundle/*.onnx /app/assistant/bundle/*.ort /app/assistant/bundle/*.bin \
        /app/assistant/bundle/tokenizer.json /app/assistant/bundle/knowledge.*
    # The language is the recogniser's; by its n-grams nlu chooses among what may have been said.
    case "$stage" in
        speech) ;;
        nlu | all_in_one) rm -f /app/assistant/bundle/speech.ctl /app/assistant/bundle/speech.dict /app/assistant/bundle/speech.json ;;
        *) rm -f /app/assistant/bundle/speech.* ;;
    esac
fi
if [ -d /app/functions/speech ] && ls recognisers/*/model.bin > /dev/null 2>&1; then
    # The stage looks for them where they lie on a desk (functions/speech/opening.py).
    mkdir -p /app/model_artifacts/recognisers/models
    for model in recognisers/*/; do cp -R "$model" /app/model_artifacts/recognisers/models/; done
fi
# What the project requires besides, in the versions that Parley pins where it does: require FOLDER.
require() {
    python -B requirements.py "$1" constraints.txt > wanted.txt
    if grep -q "[^[:space:]]" wanted.txt; then
        # Lines with hashes are held to them, and then all lines have to have some.
        $PIP -c constraints.txt -r wanted.txt
    fi
}
# Functions of the assistant's own that look at each text (functions/nlu/components.py), for nlu alone.
if [ -d /app/functions/nlu ] && [ -d assistant/components ]; then
    cp -R assistant/components /app/assistant/components
    require assistant/components
fi
if grep -q '"ASSISTANT_ACTIONS"' $configs && [ -d assistant/actions ]; then
    cp -R assistant/actions /app/assistant/actions
    # What the code needs of its project besides, where it lay there: packages and data files (`task import` lists them).
    if [ -f assistant/actions/files.txt ]; then
        while read -r file; do
            case "/$file/" in */../* | //* | /#* | //) continue ;; esac
            mkdir -p "/app/assistant/$(dirname "$file")"
            cp -R "assistant/$file" "/app/assistant/$file"
        done < assistant/actions/files.txt
    fi
    # Code that was written for Rasa's SDK brings it along, and what the project requires besides.
    if grep -rqE "^[[:space:]]*(from|import)[[:space:]]+rasa_sdk" --include="*.py" assistant/actions; then
        $PIP --require-hashes --no-deps -r "$sdk"
    fi
    require assistant/actions
fi
