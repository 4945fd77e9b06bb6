// Reads pictures as raw RGB and writes what @vladmandic/face-api sees in the largest face of each: node judge_people.cjs PACKAGES FOLDER
// FOLDER holds pictures.json, a list of {file, width, height}; one JSON row per picture goes to standard output.
const fs = require("fs");
const path = require("path");
const [packages, folder] = process.argv.slice(2);
const modules = path.join(path.resolve(packages), "node_modules");
const tf = require(path.join(modules, "@tensorflow/tfjs"));
const wasm = require(path.join(modules, "@tensorflow/tfjs-backend-wasm"));
const api = path.join(modules, "@vladmandic/face-api");
// The build of face-api asks for these packages by name.
module.paths.unshift(modules);
const faceapi = require(path.join(api, "dist/face-api.node-wasm.js"));

async function main() {
  wasm.setWasmPaths(path.join(modules, "@tensorflow/tfjs-backend-wasm/dist/"));
  await tf.setBackend("wasm");
  await tf.ready();
  const nets = [faceapi.nets.ssdMobilenetv1, faceapi.nets.faceLandmark68Net, faceapi.nets.ageGenderNet, faceapi.nets.faceExpressionNet,
    faceapi.nets.faceRecognitionNet];
  for (const net of nets) await net.loadFromDisk(path.join(api, "model"));
  const options = new faceapi.SsdMobilenetv1Options({ minConfidence: 0.3, maxResults: 1 });
  for (const { file, width, height } of JSON.parse(fs.readFileSync(path.join(folder, "pictures.json")))) {
    const pixels = new Uint8Array(fs.readFileSync(path.join(folder, file)));
    const picture = faceapi.tf.tensor3d(pixels, [height, width, 3], "int32");
    const found = await faceapi.detectSingleFace(picture, options).withFaceLandmarks().withFaceExpressions().withAgeAndGender()
      .withFaceDescriptor();
    picture.dispose();
    const box = found && found.detection.box;
    const row = found ? { box: [box.x, box.y, box.width, box.height], age: found.age, gender: found.gender, womanly: found.gender === "female" ? found.genderProbability : 1 - found.genderProbability,
      expressions: { ...found.expressions }, identity: Array.from(found.descriptor) } : null;
    console.log(JSON.stringify({ file, found: row }));
  }
}

main().catch((error) => {
  console.error(String(error));
  process.exit(1);
});
